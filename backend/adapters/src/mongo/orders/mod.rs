//! Orders, the stock, and what is on sale.
//!
//! Always true: whoever stores a new order, or moves stock, writes a document
//! that the cancellation of the event writes too. So two that meet never decide
//! by the same state: one of them is tried again. The documents that are written
//! only for that count their `turn`s; an update that changes nothing would not
//! be a write.

mod batch;
mod call_off;
mod facts;
mod lists;
mod queue;
mod sight;

use super::commit;
use super::db::{MongoDb, MongoServer};
use super::documents::{id, number, number_of, state, written};
use super::people::{self, Documents};
use super::schema::{Index, Kept, Schema};
use super::type_prices::{self, TypePrice};
use async_trait::async_trait;
use batch::Job;
use gateline_common::ids::{EventId, OrderId};
use gateline_core::orders::{
    Offer, OfferPrice, OnSale, Order, OrderError, OrderFilter, OrderStore, Sale, Wish,
};
use gateline_core::shared::{Commit, Page, PageRequest, StoreError};
use mongodb::bson::doc;
use mongodb::options::FindOptions;
use queue::Queues;

const SCHEMA: Schema = Schema {
    service: "orders",
    version: 1,
    collections: &[
        Kept {
            name: "orders",
            indexes: &[
                Index::unique(&["code"]),
                Index::of(&["event", "_id"]),
                Index::of(&["buyer", "_id"]),
            ],
        },
        Kept {
            name: "events",
            indexes: &[],
        },
        Kept {
            name: "stock",
            indexes: &[Index::of(&["event", "ticket_type"])],
        },
        type_prices::KEPT,
        Kept {
            name: "called_off",
            indexes: &[],
        },
        people::KEPT,
    ],
    steps: &[],
};

/// Orders have their buyers.
pub(super) const PEOPLE: Documents = Documents {
    collection: "orders",
    ends_at: people::ends_at,
    event: "event",
    key: "_id",
    nameless: |document| {
        let order: Order = state(document)?;
        let order = order.nameless();
        Ok(doc! {"version": number(order.version), "doc": written(&order)?})
    },
    given_up: None,
};

/// The order store of the distributed mode.
pub struct MongoOrderStore {
    db: MongoDb,
    queues: Queues,
}

impl MongoOrderStore {
    /// The database of the service.
    ///
    /// # Errors
    /// When it cannot be reached, or is of a newer version.
    pub async fn open(server: &MongoServer) -> Result<MongoDb, StoreError> {
        server.open(&SCHEMA).await
    }

    /// Over its database. One process has one: those who want the stock of one
    /// event wait here for each other, rather than meet in the database.
    #[must_use]
    pub fn over(db: MongoDb) -> Self {
        Self {
            db,
            queues: Queues::default(),
        }
    }

    async fn event_of(&self, order: OrderId) -> Result<Option<EventId>, StoreError> {
        let options = FindOptions::builder()
            .projection(doc! {"event": 1})
            .limit(1)
            .build();
        let found = self.db.find("orders", doc! {"_id": id(order.0)}, options);
        let Some(document) = found.await?.pop() else {
            return Ok(None);
        };
        let event = u32::try_from(number_of(&document, "event")?);
        let event = event.map_err(|error| StoreError::Failed(error.to_string()))?;
        Ok(Some(EventId(event)))
    }
}

#[async_trait]
impl OrderStore for MongoOrderStore {
    async fn place(&self, event: EventId, wish: Wish) -> Result<Order, OrderError> {
        let job = Job::wanted(None, wish);
        self.queues.of(event).submit(&self.db, event, job).await
    }

    async fn change(&self, order: OrderId, wish: Wish) -> Result<Order, OrderError> {
        let Some(event) = self.event_of(order).await? else {
            return Err(batch::refuse_unknown(&self.db, &wish).await?);
        };
        let job = Job::wanted(Some(order), wish);
        self.queues.of(event).submit(&self.db, event, job).await
    }

    async fn learn_event(
        &self,
        event: &OnSale,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let queue = self.queues.of(event.event);
        let _turn = queue.turn().await;
        facts::learn_event(&self.db, event, version, commit).await
    }

    async fn learn_offer(
        &self,
        offer: &Offer,
        limit: u32,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let queue = self.queues.of(offer.event);
        let _turn = queue.turn().await;
        facts::learn_offer(&self.db, offer, limit, version, commit).await
    }

    async fn learn_price(
        &self,
        price: &OfferPrice,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let price = TypePrice {
            event: price.event,
            ticket_type: price.ticket_type,
            price: price.price,
            version,
        };
        transact!(self.db, |tx| {
            type_prices::learn(&mut tx, &price).await?;
            commit::apply(&mut tx, commit).await
        })
    }

    async fn called_off(&self) -> Result<Option<EventId>, StoreError> {
        Ok(call_off::next(&self.db).await?)
    }

    async fn call_off(&self, event: EventId, limit: u32, wish: Wish) -> Result<(), StoreError> {
        let queue = self.queues.of(event);
        let _turn = queue.turn().await;
        call_off::go_on(&self.db, event, limit, wish).await
    }

    async fn find(&self, order: OrderId) -> Result<Option<Order>, StoreError> {
        let found = self.db.find_one("orders", doc! {"_id": id(order.0)});
        Ok(found.await?.map(state).transpose()?)
    }

    async fn list(
        &self,
        filter: OrderFilter<'_>,
        page: &PageRequest,
    ) -> Result<Page<Order>, StoreError> {
        Ok(lists::list(&self.db, filter, page).await?)
    }

    async fn sale(&self, event: EventId) -> Result<Option<Sale>, StoreError> {
        Ok(lists::sale(&self.db, event).await?)
    }
}

/// An event's id in a field.
fn event_number(event: EventId) -> mongodb::bson::Bson {
    number(event.0.into())
}
