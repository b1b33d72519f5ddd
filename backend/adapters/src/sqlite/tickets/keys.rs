//! Signing keys of events as they lie in the store: the public halves readable,
//! each seed sealed for its event and key.

use crate::seal::{Belongs, StoreKeys};
use crate::sqlite::db::DbError;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateline_common::ids::EventId;
use gateline_common::sync::EventKey;
use gateline_common::{Hash, Timestamp};
use gateline_core::tickets::{EventKeys, StoredKey};
use rusqlite::Connection;
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
    /// The sealed seed in base64url. Stores of before sealing have the bare seed.
    seed: String,
    made_at: Timestamp,
}

/// The document of `keys`.
pub(super) fn sealed(keys: &EventKeys, seals: &StoreKeys) -> Result<String, DbError> {
    let seal = |key: &StoredKey| {
        let belongs = Belongs::EventKey(keys.event, key.public.id);
        Ok(SealedKey {
            public: key.public,
            seed: URL_SAFE_NO_PAD.encode(seals.seal(belongs, &key.seed.0)?),
            made_at: key.made_at,
        })
    };
    let sealed = SealedKeys {
        event: keys.event,
        keys: keys.keys.iter().map(seal).collect::<Result<_, DbError>>()?,
        version: keys.version,
    };
    Ok(serde_json::to_string(&sealed)?)
}

/// The keys of a document.
pub(super) fn opened(document: &str, seals: &StoreKeys) -> Result<EventKeys, DbError> {
    read(document, |belongs, text| {
        let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
        Ok(seals.open(belongs, &bytes)?)
    })
}

fn read(
    document: &str,
    open: impl Fn(Belongs, &str) -> Result<[u8; 32], DbError>,
) -> Result<EventKeys, DbError> {
    let sealed: SealedKeys = serde_json::from_str(document)?;
    let event = sealed.event;
    let open = |key: SealedKey| {
        Ok(StoredKey {
            seed: Hash(open(Belongs::EventKey(event, key.public.id), &key.seed)?),
            public: key.public,
            made_at: key.made_at,
        })
    };
    Ok(EventKeys {
        event,
        keys: sealed
            .keys
            .into_iter()
            .map(open)
            .collect::<Result<_, DbError>>()?,
        version: sealed.version,
    })
}

/// Seals every seed with the newest key; with `takes_bare` also those that were
/// never sealed. Says how many events have keys.
pub(in crate::sqlite) fn reseal(
    connection: &Connection,
    seals: &StoreKeys,
    takes_bare: bool,
) -> Result<usize, DbError> {
    let mut select = connection.prepare("SELECT event, doc FROM tickets_keys")?;
    let rows = select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let rows: Vec<(u32, String)> = rows.collect::<Result<_, _>>()?;
    for (event, document) in &rows {
        let keys = read(document, |belongs, text| match Hash::parse(text) {
            Ok(bare) if takes_bare => Ok(bare.0),
            _ => {
                let bytes = URL_SAFE_NO_PAD.decode(text).unwrap_or_default();
                Ok(seals.open(belongs, &bytes)?)
            }
        })?;
        let sql = "UPDATE tickets_keys SET doc = ?2 WHERE event = ?1";
        connection.execute(sql, (event, sealed(&keys, seals)?))?;
    }
    Ok(rows.len())
}
