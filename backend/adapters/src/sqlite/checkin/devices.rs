//! Devices and enrolment codes.

use super::events;
use crate::sqlite::commit;
use crate::sqlite::db::DbError;
use gateline_common::ids::{DeviceId, OrgId, UserId};
use gateline_common::{Hash, Timestamp};
use gateline_core::checkin::log::LogHead;
use gateline_core::checkin::ports::ManifestBump;
use gateline_core::checkin::{Device, Enrolment};
use gateline_core::shared::{Commit, StoreError};
use rusqlite::{Connection, OptionalExtension, Row};
use uuid::Uuid;

pub(super) fn add_enrolment(connection: &Connection, code: &Enrolment) -> Result<(), DbError> {
    connection.execute(
        "INSERT INTO checkin_enrolments (secret, org, name, made_by, expires_at)
         VALUES (?1, ?2, ?3, ?4, ?5)",
        (
            code.secret.as_bytes(),
            code.org.0.as_bytes(),
            &code.name,
            code.made_by.0.as_bytes(),
            code.expires_at.0,
        ),
    )?;
    Ok(())
}

pub(super) fn enrolment(
    connection: &Connection,
    secret: Hash,
) -> Result<Option<Enrolment>, DbError> {
    let sql = "SELECT org, name, made_by, expires_at FROM checkin_enrolments WHERE secret = ?1";
    let found = connection.query_row(sql, [secret.as_bytes()], |row| {
        Ok(Enrolment {
            secret,
            org: OrgId(Uuid::from_bytes(row.get(0)?)),
            name: row.get(1)?,
            made_by: UserId(Uuid::from_bytes(row.get(2)?)),
            expires_at: Timestamp(row.get(3)?),
        })
    });
    Ok(found.optional()?)
}

pub(super) fn enrol(
    connection: &Connection,
    secret: Hash,
    device: &Device,
    bump: ManifestBump,
    commit: &Commit,
) -> Result<(), DbError> {
    commit::apply(connection, commit)?;
    let used = connection.execute(
        "DELETE FROM checkin_enrolments WHERE secret = ?1",
        [secret.as_bytes()],
    )?;
    if used == 0 {
        return Err(StoreError::Conflict.into());
    }
    connection.execute(
        "INSERT INTO checkin_devices (device, org, credential, doc) VALUES (?1, ?2, ?3, ?4)",
        (
            device.device.0.as_bytes(),
            device.org.0.as_bytes(),
            device.credential.as_bytes(),
            serde_json::to_string(device)?,
        ),
    )?;
    events::bump(connection, bump)
}

pub(super) fn save(
    connection: &Connection,
    device: &Device,
    bump: ManifestBump,
) -> Result<(), DbError> {
    if let Some(held) = self::device(connection, device.device)? {
        let saved = serde_json::to_string(&device.saved_over(&held))?;
        connection.execute(
            "UPDATE checkin_devices SET doc = ?2 WHERE device = ?1",
            (device.device.0.as_bytes(), saved),
        )?;
    }
    events::bump(connection, bump)
}

pub(super) fn device(connection: &Connection, id: DeviceId) -> Result<Option<Device>, DbError> {
    let sql = "SELECT doc FROM checkin_devices WHERE device = ?1";
    one(connection, sql, id.0.as_bytes())
}

pub(super) fn with(connection: &Connection, credential: Hash) -> Result<Option<Device>, DbError> {
    let sql = "SELECT doc FROM checkin_devices WHERE credential = ?1";
    one(connection, sql, credential.as_bytes())
}

fn one(connection: &Connection, sql: &str, key: &[u8]) -> Result<Option<Device>, DbError> {
    let mut statement = connection.prepare_cached(sql)?;
    let doc = statement.query_row([key], |row| row.get::<_, String>(0));
    let doc = doc.optional()?;
    Ok(doc.map(|doc| serde_json::from_str(&doc)).transpose()?)
}

pub(super) fn of_org(
    connection: &Connection,
    org: OrgId,
) -> Result<Vec<(Device, LogHead)>, DbError> {
    let sql = "SELECT unbroken, highest, last_scan, log_version, doc
               FROM checkin_devices WHERE org = ?1 ORDER BY device";
    with_heads(connection, sql, org.0.as_bytes())
}

/// Devices with their log heads, from a query of those columns.
pub(super) fn with_heads(
    connection: &Connection,
    sql: &str,
    key: impl rusqlite::ToSql,
) -> Result<Vec<(Device, LogHead)>, DbError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([key], |row| Ok((row.get::<_, String>(4)?, head(row)?)))?;
    rows.map(|row| {
        let (doc, head) = row?;
        Ok((serde_json::from_str(&doc)?, head))
    })
    .collect()
}

/// A log head from the first four columns.
pub(super) fn head(row: &Row<'_>) -> rusqlite::Result<LogHead> {
    Ok(LogHead {
        unbroken: row.get(0)?,
        highest: row.get(1)?,
        last_scan: row.get(2)?,
        version: row.get(3)?,
    })
}
