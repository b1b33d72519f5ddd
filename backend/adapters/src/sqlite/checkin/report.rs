//! Reading everything that reconciliation of an event starts from.

use super::{devices, feed, records};
use crate::sqlite::db::DbError;
use gateline_common::ids::{DeviceId, EventId};
use gateline_common::{Hash, Signature, Timestamp};
use gateline_core::checkin::Device;
use gateline_core::checkin::log::{LogHead, StoredBatch};
use gateline_core::checkin::ports::EventLog;
use gateline_core::checkin::ticket::TicketState;
use records::select;
use rusqlite::Connection;

pub(super) fn event_log(connection: &Connection, event: EventId) -> Result<EventLog, DbError> {
    let mut log = EventLog {
        devices: devices_of(connection, event)?,
        tickets: scanned_tickets(connection, event)?,
        ..EventLog::default()
    };
    for (device, _) in &log.devices {
        let id = device.device;
        let sql = select!("WHERE device = ?1 ORDER BY seq, hash");
        log.records
            .extend(records::all(connection, sql, [id.0.as_bytes()])?);
        log.batches.extend(batches(connection, id)?);
    }
    Ok(log)
}

/// The devices that sent a scan of the event.
pub(super) fn devices_of(
    connection: &Connection,
    event: EventId,
) -> Result<Vec<(Device, LogHead)>, DbError> {
    let sql = "SELECT unbroken, highest, last_scan, log_version, doc
               FROM checkin_event_devices JOIN checkin_devices USING (device)
               WHERE event = ?1 ORDER BY device";
    devices::with_heads(connection, sql, event.0)
}

fn scanned_tickets(connection: &Connection, event: EventId) -> Result<Vec<TicketState>, DbError> {
    let mut statement = connection.prepare_cached(
        "SELECT doc, version FROM checkin_tickets
         WHERE event = ?1 AND serial IN
             (SELECT serial FROM checkin_records WHERE event = ?1 AND serial IS NOT NULL)
         ORDER BY serial",
    )?;
    let rows = statement.query_map([event.0], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (doc, version) = row?;
        feed::ticket(&doc, version)
    })
    .collect()
}

pub(super) fn batches(
    connection: &Connection,
    device: DeviceId,
) -> Result<Vec<StoredBatch>, DbError> {
    let mut statement = connection.prepare_cached(
        "SELECT first_seq, last_seq, last_hash, signature, received_at, receipt
         FROM checkin_batches WHERE device = ?1 ORDER BY first_seq, last_seq, last_hash",
    )?;
    let rows = statement.query_map([device.0.as_bytes()], |row| {
        Ok(StoredBatch {
            device,
            first_seq: row.get(0)?,
            last_seq: row.get(1)?,
            last_hash: Hash(row.get(2)?),
            signature: Signature(row.get(3)?),
            received_at: Timestamp(row.get(4)?),
            receipt: Signature(row.get(5)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
