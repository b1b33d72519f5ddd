//! The feed: tickets in order of the position of their last change.

use crate::sqlite::db::DbError;
use gateline_common::ids::{EventId, FeedGeneration};
use gateline_core::checkin::figures::{Figure, Figures};
use gateline_core::checkin::ports::{FeedHead, FeedRun};
use gateline_core::checkin::ticket::TicketState;
use gateline_core::shared::page::MAX_PAGE;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// Tickets of one run at most: a snapshot is read in larger steps than lists.
const MOST: u32 = MAX_PAGE * 10;

pub(super) fn head(connection: &Connection, event: EventId) -> Result<Option<FeedHead>, DbError> {
    let sql = "SELECT generation, position FROM checkin_events WHERE event = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row([event.0], |row| {
        Ok(FeedHead {
            generation: FeedGeneration(Uuid::from_bytes(row.get(0)?)),
            position: row.get(1)?,
        })
    });
    Ok(found.optional()?)
}

/// How far a generation of an earlier start went.
pub(super) fn past_generation(
    connection: &Connection,
    event: EventId,
    generation: FeedGeneration,
) -> Result<Option<u64>, DbError> {
    let sql = "SELECT upto FROM checkin_past_generations WHERE event = ?1 AND generation = ?2";
    let mut statement = connection.prepare_cached(sql)?;
    let found = statement.query_row((event.0, generation.0.as_bytes()), |row| row.get(0));
    Ok(found.optional()?)
}

pub(super) fn run(
    connection: &Connection,
    event: EventId,
    position: u64,
    limit: u32,
) -> Result<Option<FeedRun>, DbError> {
    let Some(head) = head(connection, event)? else {
        return Ok(None);
    };
    // A cursor may be any number; positions are below 2^63.
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    let mut statement = connection.prepare_cached(
        "SELECT position, doc, version FROM checkin_tickets
         WHERE event = ?1 AND position > ?2 ORDER BY position LIMIT ?3",
    )?;
    let rows = statement.query_map((event.0, position, limit.clamp(1, MOST)), |row| {
        Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?))
    })?;
    let mut tickets = Vec::new();
    for row in rows {
        let (position, doc, version) = row?;
        tickets.push((position, ticket(&doc, version)?));
    }
    Ok(Some(FeedRun { head, tickets }))
}

/// A ticket from its document and version.
pub(super) fn ticket(doc: &str, version: u64) -> Result<TicketState, DbError> {
    let mut ticket: TicketState = serde_json::from_str(doc)?;
    ticket.version = version;
    Ok(ticket)
}

pub(super) fn figures(connection: &Connection, event: EventId) -> Result<(Figures, u64), DbError> {
    let changes = connection
        .prepare_cached("SELECT changes FROM checkin_events WHERE event = ?1")?
        .query_row([event.0], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    let sql = "SELECT figure, value FROM checkin_figures WHERE event = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([event.0], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
    let mut figures = Figures::default();
    for row in rows {
        let (figure, value) = row?;
        figures
            .0
            .insert(serde_json::from_str::<Figure>(&figure)?, value);
    }
    Ok((figures, changes))
}
