//! When devices last heard of an event's list.

use crate::sqlite::db::DbError;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, GateId};
use gateline_core::checkin::Device;
use gateline_core::checkin::exposure::Contact;
use rusqlite::Connection;

pub(super) fn note(connection: &Connection, contact: &Contact) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO checkin_contacts (event, device, at, gate, open)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (event, device) DO UPDATE
             SET at = excluded.at, gate = coalesce(excluded.gate, gate), open = excluded.open
             WHERE excluded.at >= at",
        )?
        .execute((
            contact.event.0,
            contact.device.0.as_bytes(),
            contact.at.0,
            contact.gate.map(|gate| gate.0),
            serde_json::to_string(&contact.open)?,
        ))?;
    Ok(())
}

pub(super) fn of_event(
    connection: &Connection,
    event: EventId,
) -> Result<Vec<(Device, Contact)>, DbError> {
    let mut statement = connection.prepare_cached(
        "SELECT doc, at, gate, open FROM checkin_contacts JOIN checkin_devices USING (device)
         WHERE event = ?1 ORDER BY device",
    )?;
    let rows = statement.query_map([event.0], |row| {
        let texts: (String, String) = (row.get(0)?, row.get(3)?);
        Ok((texts, row.get(1)?, row.get::<_, Option<u16>>(2)?))
    })?;
    rows.map(|row| {
        let ((doc, open), at, gate) = row?;
        let device: Device = serde_json::from_str(&doc)?;
        let contact = Contact {
            device: device.device,
            event,
            at: Timestamp(at),
            gate: gate.map(GateId),
            open: serde_json::from_str(&open)?,
        };
        Ok((device, contact))
    })
    .collect()
}
