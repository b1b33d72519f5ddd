//! Tickets, signing keys (secret halves too), copies of events, paid orders.

mod call_off;
mod filter;
mod keys;
mod stored;

pub use keys::reseal;

use super::commit;
use super::db::{MongoDb, MongoServer, Tx};
use super::documents::{id, number, state, written};
use super::error::{MongoError, hit};
use super::people::{self, Documents};
use super::schema::{Index, Kept, Schema};
use super::{newest, sealed, stripes};
use crate::seal::StoreKeys;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrderId, Serial};
use gateline_common::sync::TicketStatus;
use gateline_core::shared::{Commit, StoreError};
use gateline_core::tickets::{
    CalledOff, EventCopy, EventKeys, Issued, OrderNote, Ticket, TicketFilter, TicketStore,
};
use mongodb::bson::doc;
use mongodb::options::FindOptions;
use std::sync::Arc;

const SCHEMA: Schema = Schema {
    service: "tickets",
    version: 1,
    collections: &[
        Kept {
            name: "events",
            indexes: &[],
        },
        Kept {
            name: "keys",
            indexes: &[],
        },
        Kept {
            name: "orders",
            indexes: &[],
        },
        Kept {
            name: "tickets",
            indexes: &[
                Index::unique(&["event", "serial"]),
                Index::of(&["owner", "issued_at", "event", "serial"]),
                Index::of(&["event", "issued_at", "serial"]),
                Index::of(&["issued_at", "event", "serial"]),
                Index::of(&["order", "place"]),
            ],
        },
        Kept {
            name: "called_off",
            indexes: &[Index::of(&["after"]).where_set("after")],
        },
        Kept {
            name: "issuing",
            indexes: &[],
        },
        sealed::SEALS,
        people::KEPT,
    ],
    steps: &[stored::ORDERS_BY_THE_ACCOUNT_ALONE],
};

/// Tickets have their owners.
pub(super) const PEOPLE: Documents = Documents {
    collection: "tickets",
    ends_at: people::ends_at,
    event: "event",
    key: "serial",
    nameless: |document| {
        let ticket: Ticket = state(document)?;
        stored::fields(&ticket.nameless())
    },
    given_up: None,
};

/// Tickets, and the keys that seal the seeds of their signing keys.
pub struct MongoTicketStore(pub MongoDb, pub Arc<StoreKeys>);

impl MongoTicketStore {
    /// The database of the service.
    ///
    /// # Errors
    /// When it cannot be reached, or is of a newer version.
    pub async fn open(server: &MongoServer) -> Result<MongoDb, StoreError> {
        server.open(&SCHEMA).await
    }
}

#[async_trait]
impl TicketStore for MongoTicketStore {
    async fn event(&self, event: EventId) -> Result<Option<EventCopy>, StoreError> {
        let filter = doc! {"_id": i64::from(event.0)};
        let found = self.0.find_one("events", filter).await?;
        Ok(found.map(state).transpose()?)
    }

    async fn note_event(
        &self,
        event: &EventCopy,
        keys: Option<&EventKeys>,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            let fields = doc! {"doc": written(event)?};
            let event_id = i64::from(event.event.0).into();
            let noted = newest::keep(&mut tx, "events", event_id, event.version, fields).await?;
            if noted.is_some() && event.status == EventStatus::Cancelled {
                call_off::begin(&mut tx, event.event).await?;
            }
            if let Some(keys) = keys {
                keys::insert(&mut tx, keys, &self.1).await?;
            }
            Ok(())
        })
    }

    async fn keys(&self, event: EventId) -> Result<Option<EventKeys>, StoreError> {
        Ok(keys::of(&self.0, event, &self.1).await?)
    }

    async fn save_keys(
        &self,
        keys: &EventKeys,
        read: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            keys::update(&mut tx, keys, read, &self.1).await
        })
    }

    async fn order(&self, order: OrderId) -> Result<Option<OrderNote>, StoreError> {
        let found = self.0.find_one("orders", doc! {"_id": id(order.0)}).await?;
        Ok(found.map(state).transpose()?)
    }

    async fn issue(
        &self,
        order: &OrderNote,
        read: u64,
        tickets: &[Ticket],
        commit: &Commit,
    ) -> Result<Issued, StoreError> {
        transact!(self.0, |tx| {
            if stored::is_known(&mut tx, order.order).await? {
                return Ok(Issued::Before);
            }
            check_event(&mut tx, order.event, read).await?;
            stored::insert_order(&mut tx, order, MongoError::Again).await?;
            stored::insert(&mut tx, tickets).await?;
            commit::apply(&mut tx, commit).await?;
            // No ticket comes to an event whose tickets are gone through already.
            let by = order.order.0;
            stripes::pass(&mut tx, "issuing", order.event, by, doc! {}).await?;
            Ok(Issued::Now)
        })
    }

    async fn refund(
        &self,
        order: &OrderNote,
        known: bool,
        tickets: &[Ticket],
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            if known {
                stored::update_order(&mut tx, order).await?;
            } else {
                stored::insert_order(&mut tx, order, StoreError::Conflict.into()).await?;
            }
            stored::update_all(&mut tx, tickets).await
        })
    }

    async fn ticket(&self, event: EventId, serial: Serial) -> Result<Option<Ticket>, StoreError> {
        Ok(stored::one(&self.0, event, serial).await?)
    }

    async fn save(&self, ticket: &Ticket, read: u64, commit: &Commit) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            stored::update(&mut tx, ticket, read).await
        })
    }

    async fn of_order(&self, order: OrderId) -> Result<Vec<Ticket>, StoreError> {
        let options = FindOptions::builder().sort(doc! {"place": 1}).build();
        Ok(stored::list(&self.0, doc! {"order": id(order.0)}, options).await?)
    }

    async fn called_off(&self, limit: u32) -> Result<Option<CalledOff>, StoreError> {
        Ok(call_off::next(&self.0, limit).await?)
    }

    async fn call_off(
        &self,
        read: &CalledOff,
        changed: &[Ticket],
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            call_off::go_on(&mut tx, read).await?;
            stored::update_all(&mut tx, changed).await
        })
    }

    async fn list(
        &self,
        filter: &TicketFilter,
        limit: u32,
        after: Option<(Timestamp, EventId, Serial)>,
    ) -> Result<Vec<Ticket>, StoreError> {
        let options = FindOptions::builder()
            .sort(doc! {"issued_at": -1, "event": -1, "serial": -1})
            .limit(i64::from(limit))
            .build();
        Ok(stored::list(&self.0, filter::query(filter, after)?, options).await?)
    }
}

async fn check_event(tx: &mut Tx, event: EventId, read: u64) -> Result<(), MongoError> {
    let as_read = doc! {"_id": i64::from(event.0), "version": number(read)};
    let found = tx.find_one("events", as_read).await?;
    hit(found.map_or(0, |_| 1))
}

/// A serial as a number to sort by; it has 48 bits.
fn position(serial: Serial) -> Result<i64, MongoError> {
    let position = i64::try_from(serial.get());
    position.map_err(|error| MongoError::Document(error.to_string()))
}

const fn status(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::Valid => "valid",
        TicketStatus::Cancelled => "cancelled",
        TicketStatus::Refunded => "refunded",
        TicketStatus::Blocked => "blocked",
    }
}
