//! What this device's own log adds up to: how many came in, went out or were
//! refused here, which scans do not stand, and the scans one by one, newest first.
//!
//! Always true: the sums and `taken_back` say what the log says; they change in the
//! transaction that appends the record.

use super::error::unreadable;
use super::{Store, StoreError, int, log, uint};
use gateline_common::decision::{Answer, Direction};
use gateline_common::ids::EventId;
use gateline_common::sync::{Record, RecordBody, Scan};
use gateline_common::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

const MINE: &str = "mine";

/// What one scan of this device counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum As {
    Entry = 0,
    Exit = 1,
    Refusal = 2,
    Undone = 3,
}

/// The scans of this device at one event.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OwnSums {
    /// Entries that stand.
    pub entries: u64,
    /// Exits that stand.
    pub exits: u64,
    /// Red answers, the server's among them.
    pub refusals: u64,
    /// Admissions that staff took back.
    pub undone: u64,
}

/// Why a scan does not stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TakenBack {
    /// Staff took it back.
    Undone,
    /// The server's answer came in time and was this one.
    Withdrawn(Answer),
}

/// A scan of this device, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoggedScan {
    /// The number of its record.
    pub seq: u64,
    /// When, by the device's clock corrected by its last comparison.
    pub at: Timestamp,
    /// What was logged.
    pub scan: Scan,
    /// Why it does not stand, if it does not.
    pub taken_back: Option<TakenBack>,
    /// Did the server confirm the admission in time?
    pub confirmed: bool,
    /// Does the server have the record?
    pub sent: bool,
}

/// A record was appended to the log.
pub(super) fn note(db: &Connection, record: &Record) -> Result<(), StoreError> {
    match &record.body {
        RecordBody::Scan(scan) => count(db, scan.event, counts_as(scan), 1),
        RecordBody::Undo { seq } => take_back(db, *seq, record.seq, As::Undone),
        RecordBody::Withdrawal { seq, .. } => take_back(db, *seq, record.seq, As::Refusal),
        RecordBody::Receipt(_) => Ok(()),
    }
}

/// Counts the whole log anew.
pub(super) fn recount(db: &Connection) -> Result<(), StoreError> {
    db.execute("DELETE FROM taken_back", [])?;
    db.execute("DELETE FROM counts WHERE what = ?", [MINE])?;
    let mut select = db.prepare("SELECT bytes FROM log WHERE receipt = 0 ORDER BY seq")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
        let record = Record::from_bytes(bytes).map_err(|_| unreadable("a record of the log"))?;
        note(db, &record)?;
    }
    Ok(())
}

/// The server confirmed the admission `seq` in time.
pub(crate) fn note_confirmed(db: &Connection, seq: u64) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR IGNORE INTO confirmed (seq) VALUES (?)")?
        .execute([int(seq)])?;
    Ok(())
}

fn counts_as(scan: &Scan) -> As {
    match (&scan.answer, scan.direction) {
        (Answer::Refuse(_), _) => As::Refusal,
        (Answer::Admit(_), Direction::Entry) => As::Entry,
        (Answer::Admit(_), Direction::Exit) => As::Exit,
    }
}

fn take_back(db: &Connection, seq: u64, by: u64, counts: As) -> Result<(), StoreError> {
    let first = db
        .prepare_cached("INSERT OR IGNORE INTO taken_back (seq, by_record) VALUES (?, ?)")?
        .execute(params![int(seq), int(by)])?;
    // Of a rebuilt log the scan itself may be lost.
    let scan = log::record(db, seq)?.map(|record| record.body);
    if let (1, Some(RecordBody::Scan(scan))) = (first, scan) {
        count(db, scan.event, counts_as(&scan), -1)?;
        count(db, scan.event, counts, 1)?;
    }
    Ok(())
}

fn count(db: &Connection, event: EventId, counts: As, by: i64) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO counts (event, what, a, b, n) VALUES (?, ?, ?, 0, ?) \
         ON CONFLICT DO UPDATE SET n = n + excluded.n",
    )?
    .execute(params![event.0, MINE, counts as i64, by])?;
    Ok(())
}

impl Store {
    /// What this device did at `event`.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn own_sums(&self, event: EventId) -> Result<OwnSums, StoreError> {
        let mut select = self
            .db
            .prepare_cached("SELECT n FROM counts WHERE event = ? AND what = ? AND a = ?")?;
        let mut of = |counts: As| -> Result<u64, StoreError> {
            let found = select.query_row(params![event.0, MINE, counts as i64], |row| row.get(0));
            Ok(uint(found.optional()?.unwrap_or(0)))
        };
        Ok(OwnSums {
            entries: of(As::Entry)?,
            exits: of(As::Exit)?,
            refusals: of(As::Refusal)?,
            undone: of(As::Undone)?,
        })
    }

    /// Scans of this device with numbers below `before` (all of them without it),
    /// newest first, `most` at most.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn logged_scans(
        &self,
        before: Option<u64>,
        most: usize,
    ) -> Result<Vec<LoggedScan>, StoreError> {
        let mut select = self.db.prepare_cached(
            "SELECT bytes, by_record, \
             EXISTS (SELECT 1 FROM confirmed WHERE confirmed.seq = log.seq), \
             log.seq <= (SELECT acknowledged FROM progress) \
             FROM log LEFT JOIN taken_back ON taken_back.seq = log.seq \
             WHERE receipt = 0 AND log.seq < ? ORDER BY log.seq DESC",
        )?;
        let mut rows = select.query([before.map_or(i64::MAX, int)])?;
        let mut scans = Vec::new();
        while scans.len() < most
            && let Some(row) = rows.next()?
        {
            let bytes = row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?;
            let record =
                Record::from_bytes(bytes).map_err(|_| unreadable("a record of the log"))?;
            let RecordBody::Scan(scan) = record.body else {
                continue;
            };
            let by: Option<i64> = row.get(1)?;
            scans.push(LoggedScan {
                seq: record.seq,
                at: record.at.plus_ms(record.clock.offset_ms),
                scan,
                taken_back: by.map(|by| why(&self.db, uint(by))).transpose()?.flatten(),
                confirmed: row.get(2)?,
                sent: row.get(3)?,
            });
        }
        Ok(scans)
    }
}

/// Why the scan `seq` does not stand, if it does not.
pub(super) fn taken_back(db: &Connection, seq: u64) -> Result<Option<TakenBack>, StoreError> {
    let by: Option<i64> = db
        .prepare_cached("SELECT by_record FROM taken_back WHERE seq = ?")?
        .query_row([int(seq)], |row| row.get(0))
        .optional()?;
    Ok(by.map(|by| why(db, uint(by))).transpose()?.flatten())
}

fn why(db: &Connection, by: u64) -> Result<Option<TakenBack>, StoreError> {
    Ok(log::record(db, by)?.and_then(|record| match record.body {
        RecordBody::Undo { .. } => Some(TakenBack::Undone),
        RecordBody::Withdrawal { answer, .. } => Some(TakenBack::Withdrawn(answer)),
        RecordBody::Scan(_) | RecordBody::Receipt(_) => None,
    }))
}
