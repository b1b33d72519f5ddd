//! How far the tickets of a cancelled event were gone through: after the serial
//! in `after` (-1 at the beginning), or (NULL) to the end. Serials are drawn at
//! random, but none is added once the event is known as cancelled.

use super::super::db::DbError;
use super::super::rows::{hit, list};
use gateline_common::ids::{EventId, Serial};
use gateline_core::shared::StoreError;
use gateline_core::tickets::{CalledOff, Ticket};
use rusqlite::{Connection, OptionalExtension};

const BEGINNING: i64 = -1;

pub(super) fn begin(connection: &Connection, event: EventId) -> Result<(), DbError> {
    let sql = "INSERT INTO tickets_called_off (event, after) VALUES (?1, ?2)
               ON CONFLICT DO NOTHING";
    connection
        .prepare_cached(sql)?
        .execute((event.0, BEGINNING))?;
    Ok(())
}

pub(super) fn next(connection: &Connection, limit: u32) -> Result<Option<CalledOff>, DbError> {
    let sql = "SELECT event, after FROM tickets_called_off WHERE after IS NOT NULL LIMIT 1";
    let found: Option<(u32, i64)> = connection
        .prepare_cached(sql)?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((event, after)) = found else {
        return Ok(None);
    };
    let sql = "SELECT doc FROM tickets_tickets WHERE event = ?1 AND serial > ?2
               ORDER BY serial LIMIT ?3";
    let tickets: Vec<Ticket> = list(connection, sql, &[&event, &after, &limit])?;
    Ok(Some(CalledOff {
        event: EventId(event),
        after: u64::try_from(after).ok().map(Serial::truncate),
        last: u32::try_from(tickets.len()).is_ok_and(|count| count < limit),
        tickets,
    }))
}

pub(super) fn go_on(connection: &Connection, read: &CalledOff) -> Result<(), DbError> {
    let before = read.after.map_or(Ok(BEGINNING), position)?;
    let last = read.tickets.last().filter(|_| !read.last);
    let after = last.map(|ticket| position(ticket.serial)).transpose()?;
    let sql = "UPDATE tickets_called_off SET after = ?3 WHERE event = ?1 AND after = ?2";
    let row = (read.event.0, before, after);
    hit(connection.prepare_cached(sql)?.execute(row)?)
}

/// A serial has 48 bits.
fn position(serial: Serial) -> Result<i64, DbError> {
    let position = i64::try_from(serial.get());
    position.map_err(|error| StoreError::Failed(error.to_string()).into())
}
