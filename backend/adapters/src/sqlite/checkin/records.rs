//! Records as rows.

use crate::sqlite::db::DbError;
use gateline_common::ids::{DeviceId, EventId, Serial};
use gateline_common::sync::QuarantineReason;
use gateline_common::{Hash, Timestamp};
use gateline_core::checkin::log::StoredRecord;
use gateline_core::checkin::ticket::TicketKey;
use rusqlite::{Connection, Params, Row};
use uuid::Uuid;

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT device, seq, hash, bytes, quarantine, event, serial, target, at, not_before,
                    received_at, confirmed, pending FROM checkin_records ",
            $rest
        )
    };
}
pub(super) use select;

/// The records of a query that begins with `select!`.
pub(super) fn all(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<StoredRecord>, DbError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query(parameters)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        records.push(read(row)?);
    }
    Ok(records)
}

fn read(row: &Row<'_>) -> Result<StoredRecord, DbError> {
    let quarantine: Option<String> = row.get(4)?;
    let event: Option<u32> = row.get(5)?;
    let serial: Option<u64> = row.get(6)?;
    let confirmed: Option<String> = row.get(11)?;
    let ticket = event.zip(serial).map(|(event, serial)| TicketKey {
        event: EventId(event),
        serial: Serial::truncate(serial),
    });
    Ok(StoredRecord {
        device: DeviceId(Uuid::from_bytes(row.get(0)?)),
        seq: row.get(1)?,
        hash: Hash(row.get(2)?),
        bytes: row.get(3)?,
        quarantine: quarantine
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        ticket,
        target: row.get(7)?,
        at: Timestamp(row.get(8)?),
        not_before: row.get::<_, Option<i64>>(9)?.map(Timestamp),
        received_at: Timestamp(row.get(10)?),
        confirmed: confirmed
            .map(|text| serde_json::from_str(&text))
            .transpose()?,
        pending: row.get(12)?,
    })
}

pub(super) fn between(
    connection: &Connection,
    device: DeviceId,
    first: u64,
    last: u64,
) -> Result<Vec<StoredRecord>, DbError> {
    let sql = select!("WHERE device = ?1 AND seq BETWEEN ?2 AND ?3 ORDER BY seq, hash");
    all(connection, sql, (device.0.as_bytes(), first, last))
}

pub(super) fn set_aside(
    connection: &Connection,
    device: DeviceId,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<StoredRecord>, DbError> {
    let sql = select!(
        "WHERE device = ?1 AND quarantine = ?2 AND received_at <= ?3 ORDER BY seq LIMIT ?4"
    );
    let revoked = serde_json::to_string(&QuarantineReason::Revoked)?;
    all(
        connection,
        sql,
        (device.0.as_bytes(), revoked, until.0, limit),
    )
}
