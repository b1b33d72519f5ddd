//! Reads what can be read of a damaged store. A damaged page takes its own rows and
//! no others: the log is read from both ends, and between them record by record.

use crate::store::error::unreadable;
use crate::store::{LogLine, StoreError, int, uint};
use gateline_common::Hash;
use gateline_common::sync::Record;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::BTreeMap;

/// Rows of these tables are taken over as they are.
pub(super) const SMALL_TABLES: &[&str] = &[
    "device",
    "manifest",
    "chosen",
    "progress",
    "set_aside",
    "kept",
    "confirmed",
];

/// A table's rows: columns, and the values of each row.
pub(super) type Rows = (Vec<String>, Vec<Vec<Value>>);

/// What could be read.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Rows of the small tables, as far as they could be read.
    pub(super) tables: BTreeMap<&'static str, Rows>,
    /// The log.
    pub(super) log: BTreeMap<u64, LogLine>,
    /// How far the server has the log, as far as that could be read.
    pub(super) acknowledged: u64,
    scans_logged: Option<u64>,
    scans_read: u64,
}

impl Found {
    /// Is it known how many scans were logged?
    pub(super) const fn is_count_known(&self) -> bool {
        self.scans_logged.is_some()
    }

    /// Scans that were logged and cannot be read; at least, when their count cannot
    /// be read either.
    pub(super) fn lost(&self) -> u64 {
        let logged = self.scans_logged.unwrap_or(0);
        // Numbers that are missing between others are records that are lost, though
        // some may be receipts.
        let missing = self.last().saturating_sub(self.log.len() as u64);
        match self.scans_logged {
            Some(_) => logged.saturating_sub(self.scans_read),
            None => missing,
        }
    }

    /// Of the lost ones, at most so many that the server does not have.
    pub(super) fn lost_unsent(&self) -> u64 {
        let sent = self.log.range(..=self.acknowledged).count() as u64;
        let missing_and_sent = self.acknowledged.saturating_sub(sent);
        self.lost().saturating_sub(missing_and_sent)
    }

    /// The number of the last record that could be read.
    pub(super) fn last(&self) -> u64 {
        self.log.last_key_value().map_or(0, |(seq, _)| *seq)
    }
}

/// The damaged store. SQLCipher serves nothing more on a connection that met a damaged
/// page, so each failure takes a new one.
struct Damaged<'a> {
    open: &'a dyn Fn() -> Result<Connection, StoreError>,
    db: Option<Connection>,
}

impl Damaged<'_> {
    fn read<R>(
        &mut self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<R>,
    ) -> Result<R, StoreError> {
        let db = match self.db.take() {
            Some(db) => db,
            None => (self.open)()?,
        };
        let result = work(&db)?;
        self.db = Some(db);
        Ok(result)
    }
}

/// Reads the store that `open` opens.
///
/// # Errors
/// When who the gate is cannot be read: without it the rest is of no use.
pub(super) fn read(open: &dyn Fn() -> Result<Connection, StoreError>) -> Result<Found, StoreError> {
    let mut damaged = Damaged {
        db: Some(open()?),
        open,
    };
    let mut found = Found::default();
    for table in SMALL_TABLES {
        match damaged.read(|db| rows(db, table)) {
            Ok(rows) => drop(found.tables.insert(table, rows)),
            Err(error) if *table == "device" => {
                tracing::error!(%error, "who this gate is cannot be read");
                return Err(unreadable("who this gate is"));
            }
            Err(error) => tracing::warn!(table, %error, "a table cannot be read any more"),
        }
    }
    let progress = damaged.read(|db| {
        let sql = "SELECT acknowledged, scans_logged FROM progress";
        db.query_row(sql, [], |row| Ok((uint(row.get(0)?), uint(row.get(1)?))))
    });
    if let Ok((acknowledged, scans_logged)) = progress {
        found.acknowledged = acknowledged;
        found.scans_logged = Some(scans_logged);
    }
    read_log(&mut damaged, &mut found);
    Ok(found)
}

fn rows(damaged: &Connection, table: &str) -> rusqlite::Result<Rows> {
    let mut select = damaged.prepare(&format!("SELECT * FROM {table}"))?;
    let columns: Vec<String> = select.column_names().map(str::to_owned).collect();
    let values = |row: &Row<'_>| (0..columns.len()).map(|index| row.get(index)).collect();
    let rows = select.query_map([], values)?.collect::<Result<_, _>>()?;
    Ok((columns, rows))
}

fn read_log(damaged: &mut Damaged<'_>, found: &mut Found) {
    for order in ["ASC", "DESC"] {
        if let Err(error) = damaged.read(|db| read_run(db, order, found)) {
            tracing::warn!(order, %error, "the log breaks off");
        }
    }
    let missing: Vec<u64> = (1..found.last())
        .filter(|seq| !found.log.contains_key(seq))
        .collect();
    for seq in missing {
        let sql = "SELECT seq, hash, bytes, receipt FROM log WHERE seq = ?1";
        let row = damaged.read(|db| db.query_row(sql, [int(seq)], line).optional());
        if let Ok(Some(line)) = row {
            keep(line, found);
        }
    }
}

fn read_run(damaged: &Connection, order: &str, found: &mut Found) -> rusqlite::Result<()> {
    let sql = format!("SELECT seq, hash, bytes, receipt FROM log ORDER BY seq {order}");
    let mut select = damaged.prepare(&sql)?;
    let mut rows = select.query([])?;
    while let Some(row) = rows.next()? {
        let line = line(row)?;
        if found.log.contains_key(&line.seq) {
            // The other end was read up to here.
            return Ok(());
        }
        keep(line, found);
    }
    Ok(())
}

fn line(row: &Row<'_>) -> rusqlite::Result<LogLine> {
    Ok(LogLine {
        seq: uint(row.get(0)?),
        hash: Hash(row.get(1)?),
        bytes: row.get(2)?,
        receipt: row.get(3)?,
    })
}

/// Keeps a record that is what its hash says.
fn keep(line: LogLine, found: &mut Found) {
    if Record::hash(&line.bytes) != line.hash {
        return;
    }
    let record = Record::from_bytes(&line.bytes);
    let is_scan = record.is_ok_and(|it| crate::sync::is_scan(&it));
    found.scans_read += u64::from(is_scan);
    found.log.insert(line.seq, line);
}
