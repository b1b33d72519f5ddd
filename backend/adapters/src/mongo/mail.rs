//! The queue of letters, and mail's copies of events and orders.

use super::commit;
use super::db::{MongoDb, MongoServer};
use super::documents::{field, id, number_of, state, written};
use super::error::{MongoError, hit, on_duplicate};
use super::newest;
use super::people::{self, Documents, GivenUp};
use super::schema::{Index, Kept, Schema};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, OrderId};
use gateline_core::mail::{EventCopy, Letter, MailStore, OrderCopy};
use gateline_core::shared::{Commit, StoreError};
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;

const SCHEMA: Schema = Schema {
    service: "mail",
    version: 1,
    collections: &[
        Kept {
            name: "events",
            indexes: &[],
        },
        Kept {
            name: "orders",
            indexes: &[Index::of(&["doc.event", "_id"])],
        },
        Kept {
            name: "letters",
            indexes: &[Index::of(&["state", "due_at"])],
        },
        people::KEPT,
    ],
    steps: &[],
};

/// Copies of orders have their buyers, and so have letters that could not be sent.
pub(super) const PEOPLE: Documents = Documents {
    collection: "orders",
    ends_at: people::ends_at,
    event: "doc.event",
    key: "_id",
    nameless: |document| {
        let order: OrderCopy = state(document)?;
        Ok(doc! {"doc": written(&order.nameless())?})
    },
    given_up: Some(GivenUp {
        collection: "letters",
        which: |before| {
            doc! {"state": "refused", "settled_at": {"$lt": before.0}, "doc": {"$exists": true}}
        },
    }),
};

/// Letters.
pub struct MongoMailStore(pub MongoDb);

impl MongoMailStore {
    /// The database of the service.
    ///
    /// # Errors
    /// When it cannot be reached, or is of a newer version.
    pub async fn open(server: &MongoServer) -> Result<MongoDb, StoreError> {
        server.open(&SCHEMA).await
    }

    /// Changes a letter that waits. A conflict if it does not.
    async fn change(&self, key: &str, change: Document) -> Result<(), StoreError> {
        let waiting = doc! {"_id": key, "state": "waiting"};
        let letters = self.0.collection("letters");
        let changed = letters.update_one(waiting, change).await;
        let changed = changed.map_err(MongoError::from)?;
        Ok(hit(changed.matched_count)?)
    }
}

#[async_trait]
impl MailStore for MongoMailStore {
    async fn event(&self, event: EventId) -> Result<Option<EventCopy>, StoreError> {
        let filter = doc! {"_id": i64::from(event.0)};
        let found = self.0.find_one("events", filter).await?;
        Ok(found.map(state).transpose()?)
    }

    async fn note_event(&self, event: &EventCopy, commit: &Commit) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            let fields = doc! {"doc": written(event)?};
            let event_id = i64::from(event.event.0).into();
            newest::keep(&mut tx, "events", event_id, event.version, fields).await?;
            Ok(())
        })
    }

    async fn order(&self, order: OrderId) -> Result<Option<OrderCopy>, StoreError> {
        let found = self.0.find_one("orders", doc! {"_id": id(order.0)}).await?;
        Ok(found.map(state).transpose()?)
    }

    async fn note_order(&self, order: &OrderCopy, commit: &Commit) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            let fields = doc! {"doc": written(order)?};
            newest::keep(&mut tx, "orders", id(order.order.0), order.version, fields).await?;
            Ok(())
        })
    }

    async fn enqueue(&self, letter: &Letter, commit: &Commit) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            let waiting = doc! {
                "state": "waiting",
                "attempts": i64::from(letter.attempts),
                "due_at": letter.queued_at.0,
                "queued_at": letter.queued_at.0,
                "doc": written(letter)?,
            };
            let key = doc! {"_id": &letter.key};
            let queued = tx.upsert("letters", key, doc! {"$setOnInsert": waiting});
            on_duplicate(queued.await, MongoError::Again)
        })
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Letter>, StoreError> {
        let filter = doc! {"state": "waiting", "due_at": {"$lte": now.0}};
        let options = FindOptions::builder()
            .sort(doc! {"due_at": 1, "_id": 1})
            .limit(i64::from(limit))
            .build();
        let found = self.0.find("letters", filter, options).await?;
        let letters: Result<_, MongoError> = found.into_iter().map(letter).collect();
        Ok(letters?)
    }

    async fn sent(&self, key: &str, at: Timestamp) -> Result<(), StoreError> {
        // It was, whatever else was said of it.
        let change = doc! {
            "$set": {"state": "sent", "settled_at": at.0},
            "$unset": {"doc": "", "reason": ""},
        };
        let letters = self.0.collection("letters");
        let changed = letters.update_one(doc! {"_id": key}, change).await;
        let changed = changed.map_err(MongoError::from)?;
        Ok(hit(changed.matched_count)?)
    }

    async fn postpone(&self, key: &str, due: Timestamp) -> Result<(), StoreError> {
        let change = doc! {"$inc": {"attempts": 1_i64}, "$set": {"due_at": due.0}};
        self.change(key, change).await
    }

    async fn give_up(&self, key: &str, reason: &str, at: Timestamp) -> Result<(), StoreError> {
        let settled = doc! {"state": "refused", "reason": reason, "settled_at": at.0};
        self.change(key, doc! {"$set": settled}).await
    }
}

fn letter(document: Document) -> Result<Letter, MongoError> {
    let attempts = number_of(&document, "attempts")?;
    let letter: Letter = field(document, "doc")?;
    Ok(Letter {
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        ..letter
    })
}
