//! Which key the seeds in a database are sealed with.
//!
//! Always true: no seed is stored by an instance whose key file lacks that key, be
//! it a file of another installation, or one from before the key was replaced.

use super::db::{MongoDb, Tx};
use super::documents::bytes;
use super::error::{MongoError, hit, on_duplicate};
use super::schema::Kept;
use crate::seal::{SealId, StoreKeys};
use gateline_core::shared::StoreError;
use mongodb::bson::{Bson, Document, doc};

/// The collection, for the schema of a service that has seeds.
pub(super) const SEALS: Kept = Kept {
    name: "seals",
    indexes: &[],
};
const THE_ONE: &str = "store";

/// Refuses keys that do not open what is in the database. The first that come are
/// its keys.
///
/// # Errors
/// When they are not its keys, or it cannot be reached.
pub async fn check_store_key(db: &MongoDb, keys: &StoreKeys) -> Result<(), StoreError> {
    transact!(db, |tx| { may_seal(&mut tx, keys).await })
}

/// To be asked in each transaction that stores a seed. It meets `seal_with`, so
/// that what is sealed anew afterwards is all there is.
pub(super) async fn may_seal(tx: &mut Tx, keys: &StoreKeys) -> Result<(), MongoError> {
    match sealed_with(tx, keys).await? {
        None => begin(tx, keys).await,
        Some(id) => {
            let touched = tx.update("seals", read(id), doc! {"$inc": {"touched": 1_i64}});
            hit(touched.await?)
        }
    }
}

/// From now on seeds are sealed with the newest key alone.
pub(super) async fn seal_with_newest(db: &MongoDb, keys: &StoreKeys) -> Result<(), StoreError> {
    transact!(db, |tx| {
        match sealed_with(&mut tx, keys).await? {
            None => begin(&mut tx, keys).await,
            Some(id) => {
                let newest = doc! {"sealed_with": bytes(&keys.newest_id().0)};
                let change = doc! {"$set": newest, "$inc": {"touched": 1_i64}};
                hit(tx.update("seals", read(id), change).await?)
            }
        }
    })
}

async fn sealed_with(tx: &mut Tx, keys: &StoreKeys) -> Result<Option<SealId>, MongoError> {
    let Some(document) = tx.find_one("seals", doc! {"_id": THE_ONE}).await? else {
        return Ok(None);
    };
    let id = match document.get("sealed_with") {
        Some(Bson::Binary(binary)) => binary.bytes.as_slice().try_into().ok().map(SealId),
        _ => None,
    };
    let id = id.ok_or_else(|| MongoError::Document("there is no sealed_with".to_owned()))?;
    if keys.has(id) {
        return Ok(Some(id));
    }
    let refused = "the signing keys in the database are sealed with a key that the file of the \
                   store's keys lacks";
    Err(StoreError::Failed(refused.to_owned()).into())
}

async fn begin(tx: &mut Tx, keys: &StoreKeys) -> Result<(), MongoError> {
    let mut document = read(keys.newest_id());
    document.insert("touched", 0_i64);
    on_duplicate(tx.insert("seals", document).await, MongoError::Again)
}

fn read(id: SealId) -> Document {
    doc! {"_id": THE_ONE, "sealed_with": bytes(&id.0)}
}
