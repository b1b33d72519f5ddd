//! Pricing: a document for each ticket type, copies of events and orders, and the
//! history. A ticket type's counts stand in its document, so whatever its price
//! depends on meets there.

mod write;

use super::db::{MongoDb, MongoServer};
use super::documents::{number_of, state};
use super::error::MongoError;
use super::schema::{self, Index, Kept, Schema};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::pricing::{Entry, EventCopy, PricingError, PricingStore, Seen, Standing, Wish};
use gateline_core::shared::{Page, PageRequest, StoreError};
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;

const SCHEMA: Schema = Schema {
    service: "pricing",
    version: 1,
    collections: &[
        Kept {
            name: "types",
            indexes: &[
                Index::of(&["event", "ticket_type"]),
                Index::of(&["look_at"]).where_set("look_at"),
            ],
        },
        Kept {
            name: "events",
            indexes: &[],
        },
        Kept {
            name: "orders",
            indexes: &[],
        },
        Kept {
            name: "history",
            indexes: &[Index::unique(&["event", "ticket_type", "version"])],
        },
    ],
    steps: &[],
};

/// Pricing's documents in its database.
pub struct MongoPricing(pub MongoDb);

impl MongoPricing {
    /// Opens the database of pricing.
    ///
    /// # Errors
    /// When the server cannot be reached, or its documents are of a newer version.
    pub async fn open(server: &MongoServer) -> Result<MongoDb, StoreError> {
        server.open(&SCHEMA).await
    }
}

#[async_trait]
impl PricingStore for MongoPricing {
    async fn change(
        &self,
        event: EventId,
        ticket_type: TicketTypeId,
        wish: Wish,
    ) -> Result<Seen, PricingError> {
        let _turn = self.0.turns.take([event].into_iter()).await;
        write::change(&self.0, event, ticket_type, &wish).await?
    }

    async fn learn_event(&self, event: &EventCopy, wish: Wish) -> Result<(), PricingError> {
        let _turn = self.0.turns.take([event.event].into_iter()).await;
        write::learn_event(&self.0, event, &wish).await?
    }

    async fn note_order(&self, order: &Standing, wish: Wish) -> Result<(), PricingError> {
        let _turn = self.0.turns.take([order.event].into_iter()).await;
        write::note_order(&self.0, order, &wish).await?
    }

    async fn find(
        &self,
        event: EventId,
        ticket_type: TicketTypeId,
    ) -> Result<Option<Seen>, StoreError> {
        Ok(write::find(&self.0, event, ticket_type).await?)
    }

    async fn due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(EventId, TicketTypeId)>, StoreError> {
        let due = doc! {"look_at": schema::set_up_to(now.0)};
        let found = self.0.find("types", due, by_time(limit)).await?;
        let ids = found.iter().map(|document| {
            let number = |name| number_of(document, name);
            let event = u32::try_from(number("event")?).unwrap_or_default();
            let ticket_type = u16::try_from(number("ticket_type")?).unwrap_or_default();
            Ok((EventId(event), TicketTypeId(ticket_type)))
        });
        Ok(ids.collect::<Result<_, MongoError>>()?)
    }

    async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        let waiting = doc! {"look_at": schema::set()};
        let found = self.0.find("types", waiting, by_time(1)).await?;
        let first = found.first().map(|document| number_of(document, "look_at"));
        Ok(first.transpose()?.map(Timestamp))
    }

    async fn history(
        &self,
        event: EventId,
        ticket_type: TicketTypeId,
        page: &PageRequest,
    ) -> Result<Page<Entry>, StoreError> {
        let limit = page.clamped();
        let mut wanted = write::of(event, ticket_type);
        if let Some(after) = &page.after {
            // One that is no position of ours has nothing behind it.
            let after: i64 = after.parse().unwrap_or(0);
            wanted.insert("version", doc! {"$lt": after});
        }
        let options = FindOptions::builder()
            .sort(doc! {"version": -1})
            .limit(i64::from(limit) + 1)
            .build();
        let found = self.0.find("history", wanted, options).await?;
        let items: Result<Vec<Entry>, MongoError> = found.into_iter().map(state).collect();
        let mut items = items?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = items.last().filter(|_| more);
        let next = last.map(|entry| entry.version.to_string());
        Ok(Page { items, next })
    }
}

fn by_time(limit: u32) -> FindOptions {
    FindOptions::builder()
        .sort(doc! {"look_at": 1})
        .limit(i64::from(limit))
        .projection(only_the_ids())
        .build()
}

fn only_the_ids() -> Document {
    doc! {"event": 1, "ticket_type": 1, "look_at": 1}
}
