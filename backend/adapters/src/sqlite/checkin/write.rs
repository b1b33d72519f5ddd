//! Storing an upload: records, standings, tickets with their feed positions, and
//! figures, all in the job of one commit.

use crate::sqlite::commit;
use crate::sqlite::db::DbError;
use gateline_common::ids::{DeviceId, EventId};
use gateline_core::checkin::figures::Deltas;
use gateline_core::checkin::log::{LogHead, StoredBatch, StoredRecord};
use gateline_core::checkin::ports::{Amended, LogWrite, TicketWrite};
use gateline_core::shared::{Commit, StoreError};
use rusqlite::Connection;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// An upload with what its rows are made of: others wait for the writer's thread,
/// which is not to spend its time on that.
pub(super) struct Prepared {
    write: LogWrite,
    /// The tickets' documents.
    docs: Vec<String>,
    /// The events of the records that are scans.
    scanned: Vec<Option<EventId>>,
}

impl Prepared {
    pub(super) fn of(write: &LogWrite) -> Result<Self, DbError> {
        let docs = write.tickets.iter();
        let docs = docs.map(|write| serde_json::to_string(&write.ticket));
        Ok(Self {
            docs: docs.collect::<Result<_, _>>()?,
            scanned: write
                .records
                .iter()
                .map(StoredRecord::scanned_event)
                .collect(),
            write: write.clone(),
        })
    }
}

pub(super) fn log(
    connection: &Connection,
    prepared: &Prepared,
    commit: &Commit,
) -> Result<(), DbError> {
    let write = &prepared.write;
    commit::apply(connection, commit)?;
    if let Some((event, changes)) = write.guard {
        guard(connection, event, changes)?;
    }
    if let Some((device, new)) = &write.head {
        head(connection, *device, new)?;
    }
    tickets(connection, &write.tickets, &prepared.docs)?;
    records(connection, &write.records, &prepared.scanned)?;
    for change in &write.amended {
        amend(connection, change)?;
    }
    if let Some(batch) = &write.batch {
        self::batch(connection, batch)?;
    }
    figures(connection, &write.deltas)
}

fn guard(connection: &Connection, event: EventId, changes: u64) -> Result<(), DbError> {
    let now: u64 = connection
        .prepare_cached("SELECT changes FROM checkin_events WHERE event = ?1")?
        .query_row([event.0], |row| row.get(0))?;
    conditional(usize::from(now == changes))
}

fn head(connection: &Connection, device: DeviceId, head: &LogHead) -> Result<(), DbError> {
    let changed = connection
        .prepare_cached(
            "UPDATE checkin_devices
             SET unbroken = ?3, highest = ?4, last_scan = ?5, log_version = log_version + 1
             WHERE device = ?1 AND log_version = ?2",
        )?
        .execute((
            device.0.as_bytes(),
            head.version,
            head.unbroken,
            head.highest,
            head.last_scan,
        ))?;
    conditional(changed)
}

/// Stores tickets. Each event's row is touched once, whatever their number.
fn tickets(
    connection: &Connection,
    tickets: &[TicketWrite],
    docs: &[String],
) -> Result<(), DbError> {
    let mut events: BTreeMap<EventId, Progress> = BTreeMap::new();
    for write in tickets {
        let event = events.entry(write.ticket.key.event).or_default();
        event.position += u64::from(moves(write));
        event.changes += u64::from(write.passages);
    }
    for (event, progress) in &mut events {
        progress.begin(connection, *event)?;
    }
    for (write, doc) in tickets.iter().zip(docs) {
        let progress = events.get_mut(&write.ticket.key.event);
        let position = progress.filter(|_| moves(write)).map(Progress::next);
        ticket(connection, write, doc, position)?;
    }
    Ok(())
}

const fn moves(write: &TicketWrite) -> bool {
    write.moves || write.ticket.version == 0
}

/// How far an event's feed and its count of changes go on.
#[derive(Default)]
struct Progress {
    /// How many positions; then the last one given out.
    position: u64,
    changes: u64,
}

impl Progress {
    /// Reserves the positions, and stands before the first of them.
    fn begin(&mut self, connection: &Connection, event: EventId) -> Result<(), DbError> {
        let many = self.position;
        if many + self.changes == 0 {
            return Ok(());
        }
        let sql = "UPDATE checkin_events SET position = position + ?2, changes = changes + ?3
                   WHERE event = ?1 RETURNING position";
        let mut statement = connection.prepare_cached(sql)?;
        let last: u64 = statement.query_row((event.0, many, self.changes), |row| row.get(0))?;
        self.position = last - many;
        Ok(())
    }

    const fn next(&mut self) -> u64 {
        self.position += 1;
        self.position
    }
}

fn ticket(
    connection: &Connection,
    write: &TicketWrite,
    doc: &str,
    position: Option<u64>,
) -> Result<(), DbError> {
    let ticket = &write.ticket;
    let (event, serial) = (ticket.key.event, ticket.key.serial);
    let asked = ticket.is_in_question();
    if ticket.version == 0 {
        let result = connection
            .prepare_cached(
                "INSERT INTO checkin_tickets (event, serial, doc, position, in_question, version)
                 VALUES (?1, ?2, ?3, ?4, ?5, 1)",
            )?
            .execute((event.0, serial.get(), doc, position, asked));
        return commit::on_duplicate(result, StoreError::Conflict);
    }
    let changed = connection
        .prepare_cached(
            "UPDATE checkin_tickets
             SET doc = ?3, position = coalesce(?4, position), in_question = ?5,
                 version = version + 1
             WHERE event = ?1 AND serial = ?2 AND version = ?6",
        )?
        .execute((event.0, serial.get(), doc, position, asked, ticket.version))?;
    conditional(changed)
}

fn records(
    connection: &Connection,
    records: &[StoredRecord],
    events: &[Option<EventId>],
) -> Result<(), DbError> {
    // Not as `OR REPLACE`, which costs a savepoint for each row.
    let mut insert = connection.prepare_cached(
        "INSERT INTO checkin_records
             (device, seq, hash, bytes, is_scan, quarantine, event, serial, target, at,
              not_before, received_at, confirmed, pending)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
    )?;
    let mut scanned = BTreeSet::new();
    for (record, event) in records.iter().zip(events) {
        scanned.extend(event.map(|event| (event.0, record.device)));
        let row = rusqlite::params![
            record.device.0.as_bytes(),
            record.seq,
            record.hash.as_bytes(),
            record.bytes,
            event.is_some(),
            json(record.quarantine.as_ref())?,
            record.ticket.map(|ticket| ticket.event.0),
            record.ticket.map(|ticket| ticket.serial.get()),
            record.target,
            record.at.0,
            record.not_before.map(|at| at.0),
            record.received_at.0,
            json(record.confirmed.as_ref())?,
            record.pending,
        ];
        match insert.execute(row) {
            Err(error) if commit::is_duplicate(&error) => {
                forget(connection, record)?;
                insert.execute(row)?;
            }
            other => drop(other?),
        }
    }
    let mut visit = connection.prepare_cached(
        "INSERT INTO checkin_event_devices (event, device) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
    )?;
    for (event, device) in scanned {
        visit.execute((event, device.0.as_bytes()))?;
    }
    Ok(())
}

/// Makes room for a record that was held as not signed.
fn forget(connection: &Connection, record: &StoredRecord) -> Result<(), DbError> {
    connection
        .prepare_cached("DELETE FROM checkin_records WHERE device = ?1 AND seq = ?2 AND hash = ?3")?
        .execute((
            record.device.0.as_bytes(),
            record.seq,
            record.hash.as_bytes(),
        ))?;
    Ok(())
}

fn amend(connection: &Connection, change: &Amended) -> Result<(), DbError> {
    let changed = connection
        .prepare_cached(
            "UPDATE checkin_records
             SET quarantine = ?4, event = ?5, serial = ?6, pending = ?7, confirmed = ?8
             WHERE device = ?1 AND seq = ?2 AND hash = ?3",
        )?
        .execute((
            change.device.0.as_bytes(),
            change.seq,
            change.hash.as_bytes(),
            json(change.quarantine.as_ref())?,
            change.ticket.map(|ticket| ticket.event.0),
            change.ticket.map(|ticket| ticket.serial.get()),
            change.pending,
            json(change.confirmed.as_ref())?,
        ))?;
    conditional(changed)
}

fn batch(connection: &Connection, batch: &StoredBatch) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO checkin_batches
                 (device, first_seq, last_seq, last_hash, signature, received_at, receipt)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        )?
        .execute((
            batch.device.0.as_bytes(),
            batch.first_seq,
            batch.last_seq,
            batch.last_hash.as_bytes(),
            batch.signature.as_bytes(),
            batch.received_at.0,
            batch.receipt.as_bytes(),
        ))?;
    Ok(())
}

fn figures(connection: &Connection, deltas: &Deltas) -> Result<(), DbError> {
    let mut add = connection.prepare_cached(
        "INSERT INTO checkin_figures (event, figure, value) VALUES (?1, ?2, ?3)
         ON CONFLICT (event, figure) DO UPDATE SET value = value + excluded.value",
    )?;
    for (event, figure, by) in deltas.iter() {
        add.execute((event.0, serde_json::to_string(&figure)?, by))?;
    }
    Ok(())
}

fn json<T: Serialize>(value: Option<&T>) -> Result<Option<String>, DbError> {
    Ok(value.map(serde_json::to_string).transpose()?)
}

fn conditional(changed: usize) -> Result<(), DbError> {
    if changed == 0 {
        return Err(StoreError::Conflict.into());
    }
    Ok(())
}
