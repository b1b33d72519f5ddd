//! How the store and the file of its keys go together: which key seals the
//! store, and bringing everything under the newest one.
//!
//! Always true: once the store is open, each seed in it is sealed with the
//! newest key, and neither the file nor its log holds an older form of one: they
//! are overwritten, not only deleted.

use super::db::DbError;
use super::migrate::Component;
use super::{checkin, tickets};
use crate::seal::{KeyFile, SealId, StoreKeys};
use gateline_core::shared::StoreError;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};

pub(super) const SCHEMA: Component = Component {
    name: "seals",
    steps: &["
        CREATE TABLE seals (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            sealed_with BLOB NOT NULL) STRICT;
    "],
};

/// What a service does to its seeds: seals them with the newest key; says how many
/// rows have some. Bare ones are taken for seeds only if it is so told.
type Reseal = fn(&Connection, &StoreKeys, bool) -> Result<usize, DbError>;

const SEEDS: &[Reseal] = &[tickets::reseal, checkin::reseal];

/// The keys of the store: those of the file, made if the store is not sealed
/// yet. Everything in the store is under the newest of them.
pub(super) fn unlock(connection: &mut Connection, file: &KeyFile) -> Result<StoreKeys, StoreError> {
    let sealed_with = sealed_with(connection)?;
    let keys = match keys_of(sealed_with, file)? {
        Some(keys) => keys,
        None => file.make().map_err(failed)?,
    };
    if sealed_with != Some(keys.newest_id()) {
        // In a store that was sealed, a bare seed is somebody else's.
        reseal(connection, &keys, sealed_with.is_none())?;
    }
    Ok(keys)
}

/// Refuses a file of keys that does not open what is sealed in the store.
pub(super) fn check(connection: &Connection, file: &KeyFile) -> Result<(), StoreError> {
    keys_of(sealed_with(connection)?, file).map(drop)
}

/// The keys of the file; `None` where there is no file, and nothing is sealed.
fn keys_of(sealed_with: Option<SealId>, file: &KeyFile) -> Result<Option<StoreKeys>, StoreError> {
    let path = file.path().display();
    match (file.read().map_err(failed)?, sealed_with) {
        (Some(keys), Some(id)) if !keys.has(id) => Err(failed(format_args!(
            "{path} is not the key of this store: its signing keys are sealed with another one"
        ))),
        (None, Some(_)) => Err(failed(format_args!(
            "the store's signing keys are sealed, and the key that opens them, {path}, is not \
             there: put the copy of it back"
        ))),
        (keys, _) => Ok(keys),
    }
}

fn failed(error: impl std::fmt::Display) -> StoreError {
    StoreError::Failed(error.to_string())
}

fn sealed_with(connection: &Connection) -> Result<Option<SealId>, DbError> {
    let sql = "SELECT sealed_with FROM seals";
    let id = connection.query_row(sql, [], |row| row.get(0));
    Ok(id.optional()?.map(SealId))
}

fn reseal(connection: &mut Connection, keys: &StoreKeys, takes_bare: bool) -> Result<(), DbError> {
    connection.pragma_update(None, "secure_delete", "ON")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut seeds = 0;
    for reseal in SEEDS {
        seeds += reseal(&transaction, keys, takes_bare)?;
    }
    transaction.commit()?;
    if seeds > 0 {
        // What was there before may be anywhere in free space and in the log.
        connection.execute_batch("VACUUM")?;
        empty_the_log(connection)?;
    }
    // Only now: a crash before this does all of it again.
    let sql = "INSERT INTO seals (one, sealed_with) VALUES (1, ?1)
               ON CONFLICT (one) DO UPDATE SET sealed_with = excluded.sealed_with";
    connection.execute(sql, [keys.newest_id().0])?;
    Ok(())
}

fn empty_the_log(connection: &Connection) -> Result<(), DbError> {
    let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
    let busy: bool = connection.query_row(sql, [], |row| row.get(0))?;
    if busy {
        let message = "another process reads the store: stop it, and start again";
        return Err(StoreError::Failed(message.to_owned()).into());
    }
    Ok(())
}
