//! Signing keys of events as they lie in the database: the public halves readable,
//! each seed sealed for its event and key.

use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{number, number_of, state, written};
use crate::mongo::error::{MongoError, hit, on_duplicate};
use crate::mongo::sealed;
use crate::seal::{Belongs, SealError, StoreKeys};
use gateline_common::ids::EventId;
use gateline_common::sync::EventKey;
use gateline_common::{Hash, Timestamp};
use gateline_core::shared::StoreError;
use gateline_core::tickets::{EventKeys, StoredKey};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, Document, doc};
use mongodb::options::FindOptions;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct SealedKeys {
    event: EventId,
    keys: Vec<SealedKey>,
    version: u64,
}

#[derive(Serialize, Deserialize)]
struct SealedKey {
    public: EventKey,
    /// The sealed seed.
    seed: Binary,
    made_at: Timestamp,
}

fn failed(error: SealError) -> MongoError {
    StoreError::Failed(error.to_string()).into()
}

fn closed(keys: &EventKeys, seals: &StoreKeys) -> Result<Bson, MongoError> {
    let seal = |key: &StoredKey| {
        let belongs = Belongs::EventKey(keys.event, key.public.id);
        let bytes = seals.seal(belongs, &key.seed.0).map_err(failed)?;
        Ok(SealedKey {
            public: key.public,
            seed: Binary {
                subtype: BinarySubtype::Generic,
                bytes,
            },
            made_at: key.made_at,
        })
    };
    let sealed = keys.keys.iter().map(seal);
    written(&SealedKeys {
        event: keys.event,
        keys: sealed.collect::<Result<_, MongoError>>()?,
        version: keys.version,
    })
}

fn opened(document: Document, seals: &StoreKeys) -> Result<EventKeys, MongoError> {
    let sealed: SealedKeys = state(document)?;
    let event = sealed.event;
    let open = |key: SealedKey| {
        let belongs = Belongs::EventKey(event, key.public.id);
        let seed = seals.open(belongs, &key.seed.bytes).map_err(failed)?;
        Ok(StoredKey {
            seed: Hash(seed),
            public: key.public,
            made_at: key.made_at,
        })
    };
    let keys = sealed.keys.into_iter().map(open);
    Ok(EventKeys {
        event,
        keys: keys.collect::<Result<_, MongoError>>()?,
        version: sealed.version,
    })
}

pub(super) async fn of(
    db: &MongoDb,
    event: EventId,
    seals: &StoreKeys,
) -> Result<Option<EventKeys>, MongoError> {
    let found = db.find_one("keys", doc! {"_id": i64::from(event.0)});
    let found = found.await?;
    found.map(|document| opened(document, seals)).transpose()
}

/// The first keys of an event. A conflict if it has some.
pub(super) async fn insert(
    tx: &mut Tx,
    keys: &EventKeys,
    seals: &StoreKeys,
) -> Result<(), MongoError> {
    sealed::may_seal(tx, seals).await?;
    let document = doc! {
        "_id": i64::from(keys.event.0),
        "version": number(keys.version),
        "doc": closed(keys, seals)?,
    };
    let inserted = tx.insert("keys", document).await;
    on_duplicate(inserted, StoreError::Conflict.into())
}

pub(super) async fn update(
    tx: &mut Tx,
    keys: &EventKeys,
    read: u64,
    seals: &StoreKeys,
) -> Result<(), MongoError> {
    sealed::may_seal(tx, seals).await?;
    let before = doc! {"_id": i64::from(keys.event.0), "version": number(read)};
    let change = doc! {
        "version": number(keys.version),
        "doc": closed(keys, seals)?,
    };
    hit(tx.update("keys", before, doc! {"$set": change}).await?)
}

/// Seals every seed with the newest key; says how many events have keys. From its
/// beginning on, an instance whose file lacks that key stores none any more: all of
/// them are to have it by then.
///
/// # Errors
/// When a seed cannot be opened, or the database cannot be reached. What was done
/// by then stays, and the keys before the newest are still needed.
pub async fn reseal(db: &MongoDb, seals: &StoreKeys) -> Result<usize, StoreError> {
    sealed::seal_with_newest(db, seals).await?;
    let options = FindOptions::builder().projection(doc! {"_id": 1}).build();
    let events = db.find("keys", doc! {}, options).await?;
    for event in &events {
        let event = doc! {"_id": number_of(event, "_id")?};
        transact!(db, |tx| { reseal_one(&mut tx, event.clone(), seals).await })?;
    }
    Ok(events.len())
}

/// The version stays: who read it may go on.
async fn reseal_one(tx: &mut Tx, event: Document, seals: &StoreKeys) -> Result<(), MongoError> {
    let Some(found) = tx.find_one("keys", event.clone()).await? else {
        return Ok(());
    };
    let keys = opened(found, seals)?;
    let change = doc! {"$set": {"doc": closed(&keys, seals)?}};
    hit(tx.update("keys", event, change).await?)
}
