//! Stores of an older version: takes the last schema steps back, so that the
//! programs have something to migrate.
//!
//! Always: only what the last step made goes, so the older store is one that
//! the older program could have left. The program that owns it must not run.

use anyhow::{Context, Result};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension};
use std::path::Path;

/// A step of the server's store.
struct Step {
    component: &'static str,
    version: i64,
    /// A table that an older store cannot have had anything of.
    made: Option<&'static str>,
    undo: &'static str,
}

/// The last step of each component.
const BACKEND_STEPS: &[Step] = &[
    Step {
        component: "events",
        version: 2,
        made: Some("events_prices"),
        undo: "DROP TABLE events_prices",
    },
    Step {
        component: "orders",
        version: 3,
        made: Some("orders_prices"),
        undo: "DROP TABLE orders_prices",
    },
    Step {
        component: "tickets",
        version: 3,
        made: None,
        undo: "UPDATE tickets_orders SET doc = json_set(doc, '$.buyer.name', 'Somebody')",
    },
    Step {
        component: "payments",
        version: 2,
        made: None,
        undo: "UPDATE payments_orders SET document = json_set(document, '$.buyer.name', 'Somebody')
               WHERE document IS NOT NULL",
    },
    Step {
        component: "checkin",
        version: 4,
        made: None,
        undo: "DROP INDEX checkin_tickets_in_question;
               ALTER TABLE checkin_tickets DROP COLUMN in_question",
    },
];

impl Step {
    /// Was it the last one, and is nothing lost with it?
    fn can_be_taken_back(&self, db: &Connection) -> Result<bool> {
        let sql = "SELECT version FROM schema_versions WHERE component = ?1";
        let found: Option<i64> = db
            .query_row(sql, [self.component], |row| row.get(0))
            .optional()?;
        if found != Some(self.version) {
            return Ok(false);
        }
        let Some(table) = self.made else {
            return Ok(true);
        };
        let sql = format!("SELECT count(*) FROM {table}");
        let rows: i64 = db.query_row(&sql, [], |row| row.get(0))?;
        Ok(rows == 0)
    }
}
/// The words of the search without marks and without the parts of words.
const GATE_STEP: (i64, &str) = (
    7,
    "UPDATE tickets SET words = replace(words, char(2), '');
     UPDATE tickets SET words = substr(words, 1, instr(words, char(10)) - 1
         + coalesce(nullif(instr(substr(words, instr(words, char(10)) + 1), char(10)), 0),
             length(words)))
     WHERE words <> '';
     INSERT INTO ticket_words (ticket_words) VALUES ('delete-all');
     UPDATE words_indexed SET upto = 0",
);

/// Takes the server's store back; how many steps.
///
/// # Errors
/// When it cannot be changed.
pub fn age_backend(data: &Path) -> Result<usize> {
    let mut db = Connection::open(data.join("gateline.db"))?;
    let transaction = db.transaction()?;
    let mut steps = 0;
    for step in BACKEND_STEPS {
        if step.can_be_taken_back(&transaction)? {
            transaction.execute_batch(step.undo)?;
            transaction.execute(
                "UPDATE schema_versions SET version = ?2 WHERE component = ?1",
                (step.component, step.version - 1),
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

/// Opens a gate's store with the key that lies beside it. Closed again, it leaves
/// log and file as they are: a checkpoint of ours, between two programs whose unsynced
/// writes are noted, would be taken back in part by the next power cut.
///
/// # Errors
/// When key or store cannot be read.
pub fn open_gate(store: &Path) -> Result<Connection> {
    let key = std::fs::read(store.join("store.key")).context("the store's key")?;
    let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let db = Connection::open(store.join("store.db"))?;
    db.busy_timeout(std::time::Duration::from_secs(10))?;
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    db.pragma_update(None, "key", format!("x'{hex}'"))?;
    db.query_row("SELECT count(*) FROM sqlite_master", [], |row| {
        row.get::<_, i64>(0)
    })
    .with_context(|| format!("{} cannot be read", store.display()))?;
    Ok(db)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn looking_at_a_gates_store_leaves_its_files_as_they_are() -> Result<()> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("store.key"), [7; 32])?;
        let db = open_gate(folder.path())?;
        db.pragma_update(None, "journal_mode", "wal")?;
        db.execute_batch("CREATE TABLE t (n); INSERT INTO t VALUES (1)")?;
        drop(db);
        let files = || -> Result<[Vec<u8>; 2]> {
            let read = |name: &str| fs::read(folder.path().join(name));
            Ok([read("store.db")?, read("store.db-wal")?])
        };
        let before = files()?;
        assert!(!before[1].is_empty(), "what a killed gate leaves behind");
        let db = open_gate(folder.path())?;
        let found: i64 = db.query_row("SELECT n FROM t", [], |row| row.get(0))?;
        assert_eq!(found, 1);
        drop(db);
        assert_eq!(files()?, before);
        Ok(())
    }
}
