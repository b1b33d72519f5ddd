//! Stores of an older version: takes the last schema steps back, so that the
//! programs have something to migrate.
//!
//! Always: only what the last step made goes, so the older store is one that
//! the older program could have left. The program that owns it must not run.

use anyhow::{Context, Result};
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// Component, its version, and what takes the last step back.
const BACKEND_STEPS: &[(&str, i64, &str)] = &[
    ("orders", 2, "DROP TABLE orders_called_off"),
    ("tickets", 2, "DROP TABLE tickets_called_off"),
    (
        "checkin",
        4,
        "DROP INDEX checkin_tickets_in_question;
         ALTER TABLE checkin_tickets DROP COLUMN in_question",
    ),
];
const GATE_STEP: (i64, &str) = (5, "ALTER TABLE rebuilds DROP COLUMN at_least");

/// Takes the server's store back; how many steps.
///
/// # Errors
/// When it cannot be changed.
pub fn age_backend(data: &Path) -> Result<usize> {
    let mut db = Connection::open(data.join("gateline.db"))?;
    let transaction = db.transaction()?;
    let mut steps = 0;
    for (component, version, undo) in BACKEND_STEPS {
        let found: Option<i64> = transaction
            .query_row(
                "SELECT version FROM schema_versions WHERE component = ?1",
                [component],
                |row| row.get(0),
            )
            .optional()?;
        if found == Some(*version) {
            transaction.execute_batch(undo)?;
            transaction.execute(
                "UPDATE schema_versions SET version = ?2 WHERE component = ?1",
                (component, version - 1),
            )?;
            steps += 1;
        }
    }
    transaction.commit()?;
    Ok(steps)
}

/// Takes a gate's store back by one step; false when it is of another version.
///
/// # Errors
/// When it cannot be changed.
pub fn age_gate(store: &Path) -> Result<bool> {
    let db = open_gate(store)?;
    let (version, undo) = GATE_STEP;
    let found: i64 = db.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if found != version {
        return Ok(false);
    }
    db.execute_batch(&format!(
        "BEGIN; {undo}; PRAGMA user_version = {}; COMMIT;",
        version - 1
    ))?;
    Ok(true)
}

/// Opens a gate's store with the key that lies beside it.
///
/// # Errors
/// When key or store cannot be read.
pub fn open_gate(store: &Path) -> Result<Connection> {
    let key = std::fs::read(store.join("store.key")).context("the store's key")?;
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let db = Connection::open(store.join("store.db"))?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    db.pragma_update(None, "key", format!("x'{hex}'"))?;
    db.query_row("SELECT count(*) FROM sqlite_master", [], |row| {
        row.get::<_, i64>(0)
    })
    .with_context(|| format!("{} cannot be read", store.display()))?;
    Ok(db)
}
