//! Events, venues, and the count of what was ordered.

mod filter;
mod sales;
mod venues;

use super::commit;
use super::db::{MongoDb, MongoServer, Tx};
use super::documents::{id, number, state, written};
use super::error::{MongoError, hit, on_duplicate};
use super::read::Held;
use super::schema::{Index, Kept, Schema};
use super::type_prices;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrgId, VenueId};
use gateline_core::events::{
    Event, EventFilter, EventStore, Guard, Guarded, OrderStanding, TypePrice, TypeSales, Venue,
};
use gateline_core::shared::{Commit, StoreError};
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;

const SCHEMA: Schema = Schema {
    service: "events",
    version: 1,
    collections: &[
        Kept {
            name: "venues",
            indexes: &[Index::of(&["org", "_id"])],
        },
        Kept {
            name: "events",
            indexes: &[
                Index::of(&["starts_at", "_id"]),
                Index::of(&["org", "starts_at", "_id"]),
                Index::of(&["venue"]),
            ],
        },
        Kept {
            name: "orders",
            indexes: &[],
        },
        type_prices::KEPT,
        Kept {
            name: "sales",
            indexes: &[Index::of(&["event"])],
        },
    ],
    steps: &[],
};

/// The catalogue.
pub struct MongoEventStore(pub MongoDb);

impl MongoEventStore {
    /// The database of the service.
    ///
    /// # Errors
    /// When it cannot be reached, or is of a newer version.
    pub async fn open(server: &MongoServer) -> Result<MongoDb, StoreError> {
        server.open(&SCHEMA).await
    }

    async fn list(&self, filter: Document, options: FindOptions) -> Result<Vec<Event>, MongoError> {
        let found = self.0.find("events", filter, options).await?;
        found.into_iter().map(state).collect()
    }
}

#[async_trait]
impl EventStore for MongoEventStore {
    async fn create_venue(&self, venue: &Venue, commit: &Commit) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            venues::insert(&mut tx, venue).await
        })
    }

    async fn venue(&self, venue: VenueId) -> Result<Option<Venue>, StoreError> {
        Ok(venues::one(&self.0, venue).await?)
    }

    async fn venues(
        &self,
        org: OrgId,
        limit: u32,
        after: Option<VenueId>,
    ) -> Result<Vec<Venue>, StoreError> {
        Ok(venues::list(&self.0, org, limit, after).await?)
    }

    async fn save_venue(
        &self,
        venue: &Venue,
        read: u64,
        events: &[Event],
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            venues::update(&mut tx, venue, read).await?;
            let there = venues::count_at(&mut tx, venue.id, events.len() + 1).await?;
            if there != events.len() {
                return Err(StoreError::Conflict.into());
            }
            for event in events {
                update(&mut tx, event, event.version - 1).await?;
            }
            Ok(())
        })
    }

    async fn delete_venue(
        &self,
        venue: VenueId,
        read: u64,
        commit: &Commit,
    ) -> Result<bool, StoreError> {
        transact!(self.0, |tx| {
            if venues::count_at(&mut tx, venue, 1).await? > 0 {
                return Ok(false);
            }
            commit::apply(&mut tx, commit).await?;
            venues::delete(&mut tx, venue, read).await?;
            Ok(true)
        })
    }

    async fn events_at(&self, venue: VenueId) -> Result<Vec<Event>, StoreError> {
        let filter = venues::events_at(venue);
        Ok(self.list(filter, FindOptions::default()).await?)
    }

    async fn create(&self, event: &Event, commit: &Commit) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            venues::check(&mut tx, event).await?;
            insert(&mut tx, event).await
        })
    }

    async fn event(&self, event: EventId) -> Result<Option<Event>, StoreError> {
        let filter = doc! {"_id": i64::from(event.0)};
        let found = self.0.find_one("events", filter).await?;
        Ok(found.map(state).transpose()?)
    }

    async fn save(
        &self,
        event: &Event,
        read: u64,
        guard: Guard,
        commit: &Commit,
    ) -> Result<Guarded, StoreError> {
        transact!(self.0, |tx| {
            if sales::is_guarded(&mut tx, event.id, guard).await? {
                return Ok(Guarded::HasSales);
            }
            commit::apply(&mut tx, commit).await?;
            venues::check(&mut tx, event).await?;
            update(&mut tx, event, read).await?;
            Ok(Guarded::Done)
        })
    }

    async fn browse(
        &self,
        filter: &EventFilter,
        limit: u32,
        after: Option<(Timestamp, EventId)>,
    ) -> Result<Vec<Event>, StoreError> {
        let options = FindOptions::builder()
            .sort(doc! {"starts_at": 1, "_id": 1})
            .limit(i64::from(limit))
            .build();
        Ok(self.list(filter::query(filter, after), options).await?)
    }

    async fn learn_price(&self, price: &TypePrice, commit: &Commit) -> Result<(), StoreError> {
        let price = type_prices::TypePrice {
            event: price.event,
            ticket_type: price.ticket_type,
            price: price.price,
            version: price.version,
        };
        transact!(self.0, |tx| {
            type_prices::learn(&mut tx, &price).await?;
            commit::apply(&mut tx, commit).await
        })
    }

    async fn prices(&self, events: &[EventId]) -> Result<Vec<TypePrice>, StoreError> {
        let found = type_prices::of(&mut Held(&self.0), events)
            .await?
            .into_iter();
        let price = |it: type_prices::TypePrice| TypePrice {
            event: it.event,
            ticket_type: it.ticket_type,
            price: it.price,
            version: it.version,
        };
        Ok(found.map(price).collect())
    }

    async fn sales(&self, event: EventId) -> Result<Vec<TypeSales>, StoreError> {
        Ok(sales::of(&mut Held(&self.0), event).await?)
    }

    async fn note_order(
        &self,
        order: &OrderStanding,
        event: Option<(&Event, u64)>,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            match event {
                Some((event, read)) if event.version != read => {
                    venues::check_if_any(&mut tx, event).await?;
                    update(&mut tx, event, read).await?;
                }
                // A change in between that orders must not miss is a guarded one,
                // and meets this one in the count.
                Some((event, read)) => {
                    let found = tx.find_one("events", at(event.id, read)).await?;
                    hit(found.map_or(0, |_| 1))?;
                }
                None => {}
            }
            sales::note(&mut tx, order).await
        })
    }
}

async fn insert(tx: &mut Tx, event: &Event) -> Result<(), MongoError> {
    let mut document = fields(event)?;
    document.insert("_id", i64::from(event.id.0));
    let inserted = tx.insert("events", document).await;
    on_duplicate(inserted, StoreError::Conflict.into())
}

async fn update(tx: &mut Tx, event: &Event, read: u64) -> Result<(), MongoError> {
    let change = doc! {"$set": fields(event)?};
    hit(tx.update("events", at(event.id, read), change).await?)
}

fn at(event: EventId, version: u64) -> Document {
    doc! {"_id": i64::from(event.0), "version": number(version)}
}

fn fields(event: &Event) -> Result<Document, MongoError> {
    Ok(doc! {
        "org": id(event.org.0),
        "venue": event.venue().map(|venue| id(venue.id.0)),
        "category": event.category.as_str(),
        "status": status(event.status),
        "starts_at": event.starts_at.0,
        "ends_at": event.ends_at.0,
        "search": event.search_text(),
        "version": number(event.version),
        "doc": written(event)?,
    })
}

const fn status(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Draft => "draft",
        EventStatus::Published => "published",
        EventStatus::Cancelled => "cancelled",
        EventStatus::Deleted => "deleted",
    }
}
