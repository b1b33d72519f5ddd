//! Taking names and addresses out of what services keep of events that are over.
//!
//! Each service says which of its documents have some ([`Documents`]); how far those
//! of an event were gone through is kept beside them, by the time at which the event
//! ended: one that was postponed is gone through again.

use super::bulk::Change;
use super::db::{MongoDb, Tx};
use super::documents::number_of;
use super::error::{MongoError, on_duplicate};
use super::schema::Kept;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::EventId;
use gateline_core::shared::{Ended, People, StoreError};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;
use std::collections::HashMap;

const HOW_FAR: &str = "people_forgotten";

/// How far each event was gone through.
pub(super) const KEPT: Kept = Kept {
    name: HOW_FAR,
    indexes: &[],
};

/// Documents of a service that have people in them.
pub(super) struct Documents {
    pub(super) collection: &'static str,
    /// When an event of the service's `events` ends, if that is known.
    pub(super) ends_at: fn(&Document) -> Result<Option<Timestamp>, MongoError>,
    /// The field that has the event.
    pub(super) event: &'static str,
    /// The field by which those of an event are gone through.
    pub(super) key: &'static str,
    /// The fields of such a document without the people in it.
    pub(super) nameless: fn(Document) -> Result<Document, MongoError>,
    pub(super) given_up: Option<GivenUp>,
}

/// What nobody tries any more: its `doc` goes.
pub(super) struct GivenUp {
    pub(super) collection: &'static str,
    /// Those since before a time.
    pub(super) which: fn(Timestamp) -> Document,
}

/// The people in the documents of one service.
pub struct MongoPeople {
    db: MongoDb,
    of: &'static Documents,
}

impl MongoPeople {
    /// Buyers, in orders.
    #[must_use]
    pub const fn of_orders(db: MongoDb) -> Self {
        let of = &super::orders::PEOPLE;
        Self { db, of }
    }

    /// Owners, in tickets.
    #[must_use]
    pub const fn of_tickets(db: MongoDb) -> Self {
        let of = &super::tickets::PEOPLE;
        Self { db, of }
    }

    /// Guests, in check-in's list.
    #[must_use]
    pub const fn of_checkin(db: MongoDb) -> Self {
        let of = &super::checkin::PEOPLE;
        Self { db, of }
    }

    /// Recipients, in mail.
    #[must_use]
    pub const fn of_mail(db: MongoDb) -> Self {
        let of = &super::mail::PEOPLE;
        Self { db, of }
    }

    async fn all_ended(&self, before: Timestamp) -> Result<Vec<Ended>, MongoError> {
        let mut done = HashMap::new();
        let gone_through = doc! {"done": true};
        for found in self
            .db
            .find(HOW_FAR, gone_through, FindOptions::default())
            .await?
        {
            done.insert(number_of(&found, "_id")?, number_of(&found, "ended_at")?);
        }
        let options = FindOptions::builder().projection(doc! {"doc": 1}).build();
        let mut ended = Vec::new();
        for found in self.db.find("events", doc! {}, options).await? {
            let id = number_of(&found, "_id")?;
            let at = (self.of.ends_at)(&found)?;
            let Some(at) = at.filter(|at| *at < before && done.get(&id) != Some(&at.0)) else {
                continue;
            };
            let event = u32::try_from(id);
            let event = event.map_err(|error| MongoError::Document(error.to_string()))?;
            ended.push(Ended {
                event: EventId(event),
                at,
            });
        }
        ended.sort_by_key(|ended| ended.at);
        Ok(ended)
    }
}

#[async_trait]
impl People for MongoPeople {
    async fn ended(&self, before: Timestamp) -> Result<Vec<Ended>, StoreError> {
        Ok(self.all_ended(before).await?)
    }

    async fn forget(&self, ended: Ended, limit: u32) -> Result<bool, StoreError> {
        transact!(self.db, |tx| {
            go_on(&mut tx, self.of, ended, limit).await
        })
    }

    async fn forget_given_up(&self, before: Timestamp) -> Result<u64, StoreError> {
        let Some(given_up) = &self.of.given_up else {
            return Ok(0);
        };
        let collection = self.db.collection(given_up.collection);
        let gone = doc! {"$unset": {"doc": ""}};
        let changed = collection.update_many((given_up.which)(before), gone).await;
        Ok(changed.map_err(MongoError::from)?.modified_count)
    }
}

async fn go_on(tx: &mut Tx, of: &Documents, ended: Ended, limit: u32) -> Result<bool, MongoError> {
    let event = i64::from(ended.event.0);
    let as_it_ended = doc! {"_id": event, "ended_at": ended.at.0};
    let found = tx.find_one(HOW_FAR, as_it_ended).await?;
    let mut after = found.and_then(|mut found| found.remove("after"));
    let mut rest = doc! {of.event: event};
    if let Some(after) = &after {
        rest.insert(of.key, doc! {"$gt": after});
    }
    let options = FindOptions::builder()
        .sort(doc! {of.key: 1})
        .limit(i64::from(limit))
        .build();
    let documents = tx.find(of.collection, rest, options).await?;
    let more = u32::try_from(documents.len()).is_ok_and(|count| count == limit);
    let mut changes = Vec::with_capacity(documents.len());
    for document in documents {
        after = document.get(of.key).cloned();
        let id = document.get("_id").cloned().unwrap_or(Bson::Null);
        let nameless = doc! {"$set": (of.nameless)(document)?};
        changes.push(Change::of(doc! {"_id": id}, nameless));
    }
    tx.update_each(of.collection, changes).await?;
    let mut how_far = doc! {"ended_at": ended.at.0, "done": !more};
    if let Some(after) = after {
        how_far.insert("after", after);
    }
    let kept = tx.upsert(HOW_FAR, doc! {"_id": event}, doc! {"$set": how_far});
    on_duplicate(kept.await, MongoError::Again)?;
    Ok(more)
}

/// When an event ends that is kept as a document.
pub(super) fn ends_at(event: &Document) -> Result<Option<Timestamp>, MongoError> {
    match event.get_document("doc") {
        Ok(event) => Ok(Some(Timestamp(number_of(event, "ends_at")?))),
        Err(_) => Ok(None),
    }
}
