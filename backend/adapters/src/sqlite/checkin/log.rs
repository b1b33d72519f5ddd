//! Reading what an upload needs.

use super::{devices, feed, records};
use crate::sqlite::db::DbError;
use gateline_common::ids::DeviceId;
use gateline_core::checkin::log::{LogHead, StoredRecord};
use gateline_core::checkin::ports::{LogQuery, LogView};
use gateline_core::checkin::ticket::{TicketKey, TicketState};
use records::select;
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn view(connection: &Connection, query: &LogQuery) -> Result<LogView, DbError> {
    let head = head(connection, query.device)?;
    if query.last < query.first {
        return Ok(LogView {
            head,
            ..LogView::default()
        });
    }
    let held = held(connection, query, &head)?;
    let mut keys: BTreeSet<TicketKey> = query.tickets.iter().copied().collect();
    keys.extend(held.iter().filter_map(|record| record.ticket));
    let mut tickets = Vec::with_capacity(keys.len());
    for key in keys {
        tickets.extend(ticket(connection, key)?);
    }
    Ok(LogView {
        following: following(connection, query, &head)?,
        head,
        held,
        tickets,
    })
}

fn head(connection: &Connection, device: DeviceId) -> Result<LogHead, DbError> {
    let sql = "SELECT unbroken, highest, last_scan, log_version
               FROM checkin_devices WHERE device = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let head = statement.query_row([device.0.as_bytes()], devices::head);
    Ok(head.optional()?.unwrap_or_default())
}

fn held(
    connection: &Connection,
    query: &LogQuery,
    head: &LogHead,
) -> Result<Vec<StoredRecord>, DbError> {
    let device = query.device.0.as_bytes();
    let below: Option<u64> = connection
        .prepare_cached("SELECT max(seq) FROM checkin_records WHERE device = ?1 AND seq < ?2")?
        .query_row((device, query.first), |row| row.get(0))?;
    let first = below.unwrap_or(query.first);
    let mut held = records::between(connection, query.device, first, query.last + 1)?;
    let sql = select!("INDEXED BY checkin_records_pending WHERE device = ?1 AND pending = 1");
    held.extend(records::all(connection, sql, [device])?);
    for target in &query.targets {
        held.extend(records::between(
            connection,
            query.device,
            *target,
            *target,
        )?);
    }
    // Only a batch that closes a gap can hold the target of what came before.
    if query.first <= head.highest {
        let sql = select!("WHERE device = ?1 AND target BETWEEN ?2 AND ?3");
        held.extend(records::all(
            connection,
            sql,
            (device, query.first, query.last),
        )?);
    }
    let keyed = held
        .into_iter()
        .map(|record| ((record.seq, record.hash), record));
    Ok(keyed.collect::<BTreeMap<_, _>>().into_values().collect())
}

/// The unbroken run right after the batch.
fn following(
    connection: &Connection,
    query: &LogQuery,
    head: &LogHead,
) -> Result<Vec<(u64, bool)>, DbError> {
    let closes_gap = (query.first..=query.last).contains(&(head.unbroken + 1));
    if query.last >= head.highest || !closes_gap {
        return Ok(Vec::new());
    }
    let mut statement = connection.prepare_cached(
        "SELECT seq, max(is_scan) FROM checkin_records
         WHERE device = ?1 AND seq > ?2
             AND (quarantine IS NULL OR quarantine <> '\"bad_signature\"')
         GROUP BY seq ORDER BY seq",
    )?;
    let mut rows = statement.query((query.device.0.as_bytes(), query.last))?;
    let mut run = Vec::new();
    let mut expected = query.last + 1;
    while let Some(row) = rows.next()? {
        let seq: u64 = row.get(0)?;
        if seq != expected {
            break;
        }
        run.push((seq, row.get(1)?));
        expected += 1;
    }
    Ok(run)
}

/// A ticket with all records about it. One that only records know of counts
/// from nothing.
pub(super) fn ticket(
    connection: &Connection,
    key: TicketKey,
) -> Result<Option<(TicketState, Vec<StoredRecord>)>, DbError> {
    let found = connection
        .prepare_cached(
            "SELECT doc, version FROM checkin_tickets WHERE event = ?1 AND serial = ?2",
        )?
        .query_row((key.event.0, key.serial.get()), |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?))
        })
        .optional()?;
    let Some((doc, version)) = found else {
        return Ok(None);
    };
    let sql = select!("WHERE event = ?1 AND serial = ?2");
    let about = records::all(connection, sql, (key.event.0, key.serial.get()))?;
    Ok(Some((feed::ticket(&doc, version)?, about)))
}
