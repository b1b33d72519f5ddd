//! This device's own log: exact record bytes, chained by hash, append only.
//!
//! A record is written in the same transaction as everything that it changes
//! (passages, epochs, sums), so what was shown and what is remembered never
//! differ. Triggers refuse any change or deletion.

use super::error::unreadable;
use super::identity::own_device;
use super::{Store, StoreError, TakenBack, int, own, uint};
use gateline_common::decision::Answer;
use gateline_common::sync::{ClockReading, Record, RecordBody, Scan};
use gateline_common::{Hash, Timestamp};
use rusqlite::{Connection, OptionalExtension, params};

/// A record that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

/// A record as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its number.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// Its exact bytes.
    pub bytes: Vec<u8>,
    /// Is it a receipt?
    pub receipt: bool,
}

/// Writes the next record of the chain. The caller's transaction makes it
/// durable.
pub fn append(
    db: &Connection,
    at: Timestamp,
    clock: ClockReading,
    body: RecordBody,
) -> Result<Appended, StoreError> {
    let (seq, previous) = head(db)?;
    let (is_receipt, is_scan) = (
        matches!(body, RecordBody::Receipt(_)),
        matches!(body, RecordBody::Scan(_)),
    );
    let record = Record {
        device: own_device(db)?.ok_or(StoreError::NotEnrolled)?,
        seq: seq + 1,
        previous,
        at,
        clock,
        body,
    };
    let bytes = record.to_bytes().map_err(|_| unreadable("a new record"))?;
    let hash = Record::hash(&bytes);
    db.prepare_cached("INSERT INTO log (seq, hash, bytes, receipt) VALUES (?, ?, ?, ?)")?
        .execute(params![int(record.seq), hash.0, bytes, is_receipt])?;
    if is_scan {
        db.prepare_cached("UPDATE progress SET scans_logged = scans_logged + 1")?
            .execute([])?;
    }
    own::note(db, &record)?;
    Ok(Appended {
        seq: record.seq,
        hash,
    })
}

/// Number and hash of the last record; 0 and zeros for an empty log.
pub fn head(db: &Connection) -> Result<(u64, Hash), StoreError> {
    let head = db
        .prepare_cached("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((uint(row.get(0)?), Hash(row.get(1)?))))
        .optional()?;
    Ok(head.unwrap_or((0, Hash::ZERO)))
}

/// Is there no record between these two? In a rebuilt log some may be missing.
pub(crate) fn is_next(db: &Connection, seq: u64, next: u64) -> Result<bool, StoreError> {
    let between = db
        .prepare_cached("SELECT 1 FROM log WHERE seq > ? AND seq < ?")?
        .exists([int(seq), int(next)])?;
    Ok(next > seq && !between)
}

/// One record.
pub fn record(db: &Connection, seq: u64) -> Result<Option<Record>, StoreError> {
    let bytes: Option<Vec<u8>> = db
        .prepare_cached("SELECT bytes FROM log WHERE seq = ?")?
        .query_row([int(seq)], |row| row.get(0))
        .optional()?;
    bytes
        .map(|bytes| Record::from_bytes(&bytes).map_err(|_| unreadable("a record of the log")))
        .transpose()
}

/// A scan of this device, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnScan {
    /// The number of its record.
    pub seq: u64,
    /// What was logged.
    pub scan: Scan,
    /// Did staff take it back?
    pub undone: bool,
    /// The server's answer, when it was red in time.
    pub withdrawn: Option<Answer>,
}

impl OwnScan {
    /// What staff were shown.
    #[must_use]
    pub fn shown(&self) -> &Answer {
        self.withdrawn.as_ref().unwrap_or(&self.scan.answer)
    }
}

/// The scan whose record has this number.
pub fn scan(db: &Connection, seq: u64) -> Result<Option<OwnScan>, StoreError> {
    let Some(RecordBody::Scan(scan)) = record(db, seq)?.map(|record| record.body) else {
        return Ok(None);
    };
    let taken_back = own::taken_back(db, seq)?;
    Ok(Some(OwnScan {
        seq,
        scan,
        undone: taken_back == Some(TakenBack::Undone),
        withdrawn: match taken_back {
            Some(TakenBack::Withdrawn(answer)) => Some(answer),
            Some(TakenBack::Undone) | None => None,
        },
    }))
}

/// The last scan of this device.
pub fn last_scan(db: &Connection) -> Result<Option<OwnScan>, StoreError> {
    let mut select =
        db.prepare_cached("SELECT bytes FROM log WHERE receipt = 0 ORDER BY seq DESC")?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let bytes: Vec<u8> = row.get(0)?;
        let record = Record::from_bytes(&bytes).map_err(|_| unreadable("a record of the log"))?;
        if let RecordBody::Scan(_) = record.body {
            return scan(db, record.seq);
        }
    }
    Ok(None)
}

impl Store {
    /// Records from number `from` on: at most `most`, and at most about
    /// `most_bytes` of them (one at least).
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn records_from(
        &self,
        from: u64,
        most: usize,
        most_bytes: usize,
    ) -> Result<Vec<LogLine>, StoreError> {
        let mut select = self.db.prepare_cached(
            "SELECT seq, hash, bytes, receipt FROM log WHERE seq >= ? ORDER BY seq LIMIT ?",
        )?;
        let mut rows = select.query(params![int(from), int(most as u64)])?;
        let mut lines: Vec<LogLine> = Vec::new();
        let mut size = 0;
        while let Some(row) = rows.next()? {
            let bytes: Vec<u8> = row.get(2)?;
            size += bytes.len();
            if size > most_bytes && !lines.is_empty() {
                break;
            }
            lines.push(LogLine {
                seq: uint(row.get(0)?),
                hash: Hash(row.get(1)?),
                bytes,
                receipt: row.get(3)?,
            });
        }
        Ok(lines)
    }
}
