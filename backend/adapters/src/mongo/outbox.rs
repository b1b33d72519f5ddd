//! Outbox, inbox and kept answers of one service.
//!
//! Each instance of a service relays its own events at once, and those of others
//! when they have waited for so long that whoever committed them may be gone.

use super::commit;
use super::db::MongoDb;
use super::documents::{field, id, number_of};
use super::error::MongoError;
use async_trait::async_trait;
use gateline_common::{Hash, Timestamp};
use gateline_core::shared::{
    Answers, IdempotencyKey, Outbox, OutboxEntry, Retention, StoreError, StoredAnswer,
};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::{FindOneOptions, FindOptions};
use std::collections::HashSet;
use uuid::{Builder, Uuid};

const ABANDONED_AFTER_MS: i64 = 5_000;

/// The outbox of a service.
pub struct MongoOutbox(pub MongoDb);

impl MongoOutbox {
    async fn entries(
        &self,
        now: Timestamp,
        limit: u32,
        on_the_way: &HashSet<Uuid>,
    ) -> Result<Vec<OutboxEntry>, MongoError> {
        let abandoned = now.plus_ms(-ABANDONED_AFTER_MS);
        let mut filter = doc! {
            "due_at": {"$lte": now.0},
            "$or": [{"by": id(self.0.instance)}, {"committed_at": {"$lt": abandoned.0}}],
        };
        if !on_the_way.is_empty() {
            let ids: Vec<Bson> = on_the_way.iter().map(|event| id(*event)).collect();
            filter.insert("_id", doc! {"$nin": ids});
        }
        let options = FindOptions::builder()
            .sort(doc! {"due_at": 1, "_id": 1})
            .limit(i64::from(limit))
            .build();
        let found = self.0.find("outbox", filter, options).await?;
        found.into_iter().map(entry).collect()
    }
}

fn entry(document: Document) -> Result<OutboxEntry, MongoError> {
    let attempts = number_of(&document, "attempts")?;
    let envelope: String = field(document, "envelope")?;
    Ok(OutboxEntry {
        envelope: serde_json::from_str(&envelope)?,
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
    })
}

#[async_trait]
impl Outbox for MongoOutbox {
    async fn due(
        &self,
        now: Timestamp,
        limit: u32,
        on_the_way: &HashSet<Uuid>,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        Ok(self.entries(now, limit, on_the_way).await?)
    }

    async fn published(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        let ids: Vec<Bson> = ids.iter().map(|event| id(*event)).collect();
        let outbox = self.0.collection("outbox");
        let deleted = outbox.delete_many(doc! {"_id": {"$in": ids}}).await;
        deleted.map_err(MongoError::from)?;
        Ok(())
    }

    async fn postpone(&self, ids: &[(Uuid, Timestamp)]) -> Result<(), StoreError> {
        let outbox = self.0.collection("outbox");
        for (event, at) in ids {
            let update = doc! {"$inc": {"attempts": 1}, "$set": {"due_at": at.0}};
            let updated = outbox.update_one(doc! {"_id": id(*event)}, update).await;
            updated.map_err(MongoError::from)?;
        }
        Ok(())
    }

    async fn wait(&self) {
        self.0.outbox_filled.notified().await;
    }

    async fn backlog(&self) -> Result<(u64, Option<Timestamp>), StoreError> {
        let outbox = self.0.collection("outbox");
        let count = outbox.count_documents(doc! {}).await;
        let count = count.map_err(MongoError::from)?;
        let options = FindOneOptions::builder()
            .sort(doc! {"committed_at": 1})
            .build();
        let oldest = outbox.find_one(doc! {}).with_options(options).await;
        let oldest = oldest.map_err(MongoError::from)?;
        let oldest = oldest.map(|entry| number_of(&entry, "committed_at"));
        Ok((count, oldest.transpose()?.map(Timestamp)))
    }
}

/// What may be forgotten of a service.
pub struct MongoRetention(pub MongoDb);

impl MongoRetention {
    async fn forget(&self, before: Timestamp) -> Result<u64, MongoError> {
        // Ids of events are time-ordered; a mark stays as long as its event may
        // come again.
        let first_kept = Builder::from_unix_timestamp_millis(before.0.max(0) as u64, &[0; 10]);
        let first_kept = first_kept.into_uuid();
        let waiting = self.0.collection("outbox").distinct("_id", doc! {}).await?;
        let old = doc! {"event": {"$lt": id(first_kept), "$nin": waiting}};
        let marks = self.0.collection("inbox").delete_many(old).await?;
        let old = doc! {"at": {"$lt": before.0}};
        let answers = self.0.collection("answers").delete_many(old).await?;
        Ok(marks.deleted_count + answers.deleted_count)
    }
}

#[async_trait]
impl Retention for MongoRetention {
    async fn forget_before(&self, before: Timestamp) -> Result<u64, StoreError> {
        Ok(self.forget(before).await?)
    }
}

/// Kept answers of a service.
pub struct MongoAnswers(pub MongoDb);

#[async_trait]
impl Answers for MongoAnswers {
    async fn find(&self, scope: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        let filter = doc! {"_id": commit::key(scope, key)};
        let found = self.0.find_one("answers", filter).await?;
        Ok(found
            .map(|document| answer(document, scope, key))
            .transpose()?)
    }
}

fn answer(document: Document, scope: &str, key: &str) -> Result<StoredAnswer, MongoError> {
    let at = Timestamp(number_of(&document, "at")?);
    let fingerprint = match document.get("fingerprint") {
        Some(Bson::Binary(binary)) => binary.bytes.as_slice().try_into().ok(),
        _ => None,
    };
    let fingerprint =
        fingerprint.ok_or_else(|| MongoError::Document("there is no fingerprint".to_owned()))?;
    Ok(StoredAnswer {
        key: IdempotencyKey {
            scope: scope.to_owned(),
            key: key.to_owned(),
            fingerprint: Hash(fingerprint),
        },
        body: field(document, "body")?,
        at,
    })
}
