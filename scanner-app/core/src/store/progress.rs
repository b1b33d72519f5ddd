//! Where this device stands with the server: what it acknowledged, what it set
//! aside, the last comparison of clocks, the last contact.

use super::{Store, StoreError, int, uint};
use gateline_common::Timestamp;
use gateline_common::sync::{CLOCK_UNCERTAINTY_UNKNOWN, ClockReading, Outcome, RecordOutcome};
use rusqlite::{Connection, params};

/// Where this device stands with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The server has every record up to this one.
    pub acknowledged: u64,
    /// The last comparison of clocks.
    pub clock: ClockReading,
    /// When the server last answered (device's clock).
    pub contact_at: Option<Timestamp>,
    /// Scans in the log.
    pub scans_logged: u64,
    /// Records (receipts aside) that the server does not have.
    pub waiting: u64,
    /// Records that the server keeps without counting them, or refuses.
    pub set_aside: u64,
    /// Of these, the ones that it refuses.
    pub rejected: u64,
}

/// The last comparison of clocks.
pub fn clock_reading(db: &Connection) -> Result<ClockReading, StoreError> {
    let reading = db
        .prepare_cached("SELECT clock_offset_ms, clock_uncertainty_ms FROM progress")?
        .query_row([], |row| {
            Ok(ClockReading {
                offset_ms: row.get(0)?,
                uncertainty_ms: row
                    .get::<_, Option<u32>>(1)?
                    .unwrap_or(CLOCK_UNCERTAINTY_UNKNOWN),
            })
        })?;
    Ok(reading)
}

/// The time by the server's clock when this device's is `at`, as far as it is known.
pub fn server_time(db: &Connection, at: Timestamp) -> Result<Timestamp, StoreError> {
    Ok(at.plus_ms(clock_reading(db)?.offset_ms))
}

/// The server has every record up to here (which may be lower than before, when
/// it was restored from a backup).
pub fn set_acknowledged(db: &Connection, seq: u64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE progress SET acknowledged = ?")?
        .execute([int(seq)])?;
    Ok(())
}

/// How far the server has the log, and how far this chain holds receipts.
pub fn acknowledged(db: &Connection) -> Result<(u64, u64), StoreError> {
    let found = db
        .prepare_cached("SELECT acknowledged, receipted FROM progress")?
        .query_row([], |row| Ok((uint(row.get(0)?), uint(row.get(1)?))))?;
    Ok(found)
}

/// Records (receipts aside) that the server has not receipted with its
/// signature. Its unsigned word that it has them is not enough to let go of them.
pub fn unreceipted(db: &Connection) -> Result<u64, StoreError> {
    let waiting = db
        .prepare_cached(
            "SELECT count(*) FROM log, progress \
             WHERE receipt = 0 AND seq > min(acknowledged, receipted)",
        )?
        .query_row([], |row| row.get(0))?;
    Ok(uint(waiting))
}

/// The chain holds a receipt for everything up to `seq`.
pub fn set_receipted(db: &Connection, seq: u64) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE progress SET receipted = ?")?
        .execute([int(seq)])?;
    Ok(())
}

/// The server answered, and the clocks were compared.
pub fn note_contact(db: &Connection, at: Timestamp, clock: ClockReading) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE progress SET clock_offset_ms = ?, clock_uncertainty_ms = ?, contact_at = ?",
    )?
    .execute(params![clock.offset_ms, clock.uncertainty_ms, at.0])?;
    Ok(())
}

/// The server keeps this record without counting it, or another one beside it;
/// says why.
pub fn set_aside(db: &Connection, seq: u64, why: &str) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO set_aside (seq, outcome) VALUES (?, ?)")?
        .execute(params![int(seq), why])?;
    Ok(())
}

/// The word for a record of which the server holds another version too. It keeps,
/// counts and reports both.
pub const FORK: &str = "fork";

/// The word for a record that the server, or what answered for it, refused.
pub const REJECTED: &str = "rejected";

/// Remembers which records the server keeps without counting them, and of which
/// it holds another version.
pub fn note_outcomes(db: &Connection, outcomes: &[RecordOutcome]) -> Result<(), StoreError> {
    for outcome in outcomes {
        let word = match outcome.outcome {
            Outcome::Stored | Outcome::Known => continue,
            Outcome::Fork => FORK.to_owned(),
            Outcome::Quarantined(reason) => format!("quarantined: {reason:?}"),
        };
        set_aside(db, outcome.seq, &word)?;
    }
    Ok(())
}

/// The server holds every record up to `unbroken`: what was refused before is as
/// any other now.
pub fn note_held(db: &Connection, unbroken: u64) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM set_aside WHERE outcome = ? AND seq <= ?")?
        .execute(params![REJECTED, int(unbroken)])?;
    Ok(())
}

impl Store {
    /// Where this device stands with the server.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn progress(&self) -> Result<Progress, StoreError> {
        let clock = clock_reading(&self.db)?;
        let progress = self
            .db
            .prepare_cached(
                "SELECT acknowledged, contact_at, scans_logged, \
                 (SELECT count(*) FROM log WHERE receipt = 0 AND seq > acknowledged), \
                 (SELECT count(*) FROM set_aside WHERE outcome <> 'fork'), \
                 (SELECT count(*) FROM set_aside WHERE outcome = 'rejected') FROM progress",
            )?
            .query_row([], |row| {
                Ok(Progress {
                    acknowledged: uint(row.get(0)?),
                    clock,
                    contact_at: row.get::<_, Option<i64>>(1)?.map(Timestamp),
                    scans_logged: uint(row.get(2)?),
                    waiting: uint(row.get(3)?),
                    set_aside: uint(row.get(4)?),
                    rejected: uint(row.get(5)?),
                })
            })?;
        Ok(progress)
    }

    /// Is a fork of this device's log known?
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn has_fork(&self) -> Result<bool, StoreError> {
        let found = self
            .db
            .prepare_cached("SELECT 1 FROM set_aside WHERE outcome = 'fork'")?
            .exists([])?;
        Ok(found)
    }
}
