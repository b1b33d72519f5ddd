//! Writes the new store: the rows as they were, and of the log what decisions need:
//! who was let in here, the highest epochs, the rotating codes that were used.

use super::Rebuilt;
use super::salvage::{Found, Rows, SMALL_TABLES};
use crate::store::{Known, Store, StoreError, StoreKey, connect, int, list, own, schema};
use crate::sync::ticket_of;
use gateline_common::Hash;
use gateline_common::decision::Passage;
use gateline_common::sync::{Record, RecordBody, Scan, Subject};
use rusqlite::{Connection, params, params_from_iter};
use std::collections::BTreeSet;
use std::path::Path;
use ticket_crypto::TicketCode;

pub(super) fn all(
    path: &Path,
    key: &StoreKey,
    found: &Found,
    about: &Rebuilt,
) -> Result<(), StoreError> {
    let mut db = connect(&path.to_owned(), key)?;
    schema::migrate(&mut db)?;
    let mut store = Store::of(db);
    store.write(|db| {
        for table in SMALL_TABLES {
            if let Some(rows) = found.tables.get(table) {
                copy(db, table, rows)?;
            }
        }
        for line in found.log.values() {
            db.prepare_cached("INSERT INTO log (seq, hash, bytes, receipt) VALUES (?, ?, ?, ?)")?
                .execute(params![
                    int(line.seq),
                    line.hash.0,
                    line.bytes,
                    line.receipt
                ])?;
        }
        // A log that lost its end goes on at what it still has.
        db.execute(
            "UPDATE progress SET acknowledged = min(acknowledged, ?1), \
             receipted = min(receipted, ?1)",
            [int(found.last())],
        )?;
        db.execute(
            "INSERT INTO rebuilds (kept, lost, lost_unsent, aside, at_least) \
             VALUES (?, ?, ?, ?, ?)",
            params![
                int(about.kept),
                int(about.lost),
                int(about.lost_unsent),
                about.aside,
                about.at_least
            ],
        )?;
        Ok::<_, StoreError>(())
    })?;
    let known = store.known()?;
    store.write(|db| {
        own::recount(db)?;
        replay(db, known.as_deref(), found)
    })?;
    // One file, complete on disk.
    let busy: i64 = store
        .db()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    match busy {
        0 => Ok(()),
        _ => Err(StoreError::Busy),
    }
}

fn copy(db: &Connection, table: &str, (columns, rows): &Rows) -> Result<(), StoreError> {
    db.execute(&format!("DELETE FROM {table}"), [])?;
    let places = vec!["?"; columns.len()].join(", ");
    let columns = columns.join(", ");
    let sql = format!("INSERT INTO {table} ({columns}) VALUES ({places})");
    let mut insert = db.prepare(&sql)?;
    for row in rows {
        insert.execute(params_from_iter(row))?;
    }
    Ok(())
}

/// What the log says that was let in here, and what it showed.
fn replay(db: &Connection, known: Option<&Known>, found: &Found) -> Result<(), StoreError> {
    let records: Vec<Record> = found
        .log
        .values()
        .filter_map(|line| Record::from_bytes(&line.bytes).ok())
        .collect();
    let taken_back: BTreeSet<u64> = records
        .iter()
        .filter_map(|record| match record.body {
            RecordBody::Withdrawal { seq, .. } | RecordBody::Undo { seq } => Some(seq),
            _ => None,
        })
        .collect();
    for record in &records {
        if let RecordBody::Scan(scan) = &record.body
            && scan.answer.is_admitted()
        {
            let stands = !taken_back.contains(&record.seq);
            admitted(db, known, record, scan, stands)?;
        }
    }
    Ok(())
}

fn admitted(
    db: &Connection,
    known: Option<&Known>,
    record: &Record,
    scan: &Scan,
    stands: bool,
) -> Result<(), StoreError> {
    let Some((event, serial)) = ticket_of(scan) else {
        return Ok(());
    };
    if let Subject::Code(bytes) = &scan.subject
        && let Ok(code) = TicketCode::parse(bytes)
    {
        list::note_epoch(db, event, serial, code.claims().epoch)?;
        if stands && code.proof().is_some() {
            list::note_proof(db, &Hash::of(&[bytes]))?;
        }
    }
    if !stands {
        return Ok(());
    }
    let passage = Passage {
        at: record.at.plus_ms(record.clock.offset_ms),
        device: record.device,
        seq: record.seq,
        gate: scan.gate,
        direction: scan.direction,
    };
    let rules = known.and_then(|known| known.rules(event));
    list::add_passage(db, event, rules, serial, &passage)
}
