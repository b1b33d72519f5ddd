//! Leases of a service's jobs: one document each, taken by a conditional update.

use super::db::MongoDb;
use super::documents::{id, id_of, number, number_of};
use super::error::MongoError;
use async_trait::async_trait;
use gateline_core::shared::{Lease, Leases, StoreError};
use mongodb::bson::doc;
use uuid::Uuid;

/// The leases of a service.
pub struct MongoLeases(pub MongoDb);

#[async_trait]
impl Leases for MongoLeases {
    async fn look(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        let Some(found) = self.0.find_one("leases", doc! {"_id": name}).await? else {
            return Ok(None);
        };
        let count = number_of(&found, "count")?;
        Ok(Some(Lease {
            holder: id_of(&found, "holder")?,
            count: u64::try_from(count).unwrap_or(0),
        }))
    }

    async fn take(
        &self,
        name: &str,
        seen: Option<Lease>,
        holder: Uuid,
    ) -> Result<bool, StoreError> {
        let leases = self.0.collection("leases");
        let Some(seen) = seen else {
            let first = doc! {"_id": name, "holder": id(holder), "count": number(1)};
            let inserted = leases.insert_one(first).await.map_err(MongoError::from);
            return match inserted {
                Err(error) if error.is_duplicate() => Ok(false),
                other => Ok(other.map(|_| true)?),
            };
        };
        let stands = doc! {"_id": name, "holder": id(seen.holder), "count": number(seen.count)};
        let next = doc! {"$set": {"holder": id(holder), "count": number(seen.count + 1)}};
        let taken = leases.update_one(stands, next).await;
        Ok(taken.map_err(MongoError::from)?.matched_count == 1)
    }
}
