//! The schedule of expiration: one document per order; one without a deadline
//! remembers the version, so that older news is not scheduled again.

use super::commit;
use super::db::{MongoDb, MongoServer};
use super::documents::{id, id_of, number, number_of};
use super::error::MongoError;
use super::newest;
use super::schema::{self, Index, Kept, Schema};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::OrderId;
use gateline_core::expiration::{Deadline, ScheduleStore};
use gateline_core::shared::{Commit, StoreError};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;

const SCHEMA: Schema = Schema {
    service: "expiration",
    version: 1,
    collections: &[Kept {
        name: "schedule",
        indexes: &[Index::of(&["due", "_id"]).where_set("due")],
    }],
    steps: &[],
};

/// Deadlines of orders.
pub struct MongoScheduleStore(pub MongoDb);

impl MongoScheduleStore {
    /// The database of the service.
    ///
    /// # Errors
    /// When it cannot be reached, or is of a newer version.
    pub async fn open(server: &MongoServer) -> Result<MongoDb, StoreError> {
        server.open(&SCHEMA).await
    }

    async fn earliest(&self, due: Document, limit: u32) -> Result<Vec<Deadline>, MongoError> {
        let options = FindOptions::builder()
            .sort(doc! {"due": 1, "_id": 1})
            .limit(i64::from(limit))
            .build();
        let found = self.0.find("schedule", doc! {"due": due}, options).await?;
        found.iter().map(deadline).collect()
    }
}

fn deadline(document: &Document) -> Result<Deadline, MongoError> {
    Ok(Deadline {
        order: OrderId(id_of(document, "_id")?),
        version: number_of(document, "version")?.unsigned_abs(),
        due: Timestamp(number_of(document, "due")?),
    })
}

#[async_trait]
impl ScheduleStore for MongoScheduleStore {
    async fn set(
        &self,
        order: OrderId,
        due: Option<Timestamp>,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            let fields = doc! {"due": due.map(|due| due.0)};
            newest::keep(&mut tx, "schedule", id(order.0), version, fields).await?;
            Ok(())
        })
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Deadline>, StoreError> {
        Ok(self.earliest(schema::set_up_to(now.0), limit).await?)
    }

    async fn told(&self, deadlines: &[Deadline], commit: &Commit) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            commit::apply(&mut tx, commit).await?;
            let as_given = deadlines.iter().map(|deadline| {
                doc! {"_id": id(deadline.order.0), "version": number(deadline.version)}
            });
            let as_given: Vec<Document> = as_given.collect();
            if as_given.is_empty() {
                return Ok(());
            }
            let none = doc! {"$set": {"due": Bson::Null}};
            tx.update_all("schedule", doc! {"$or": as_given}, none)
                .await
        })
    }

    async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        let next = self.earliest(schema::set(), 1).await?;
        Ok(next.first().map(|deadline| deadline.due))
    }
}
