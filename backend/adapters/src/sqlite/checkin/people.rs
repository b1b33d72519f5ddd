//! Tickets have the names of their guests. Records stay as their devices signed them.

use crate::sqlite::people::Rows;
use crate::sqlite::rows::hit;
use gateline_core::checkin::ticket::TicketState;

/// The position in the feed stays: gates have no names of events that are over.
pub(in crate::sqlite) const PEOPLE: Rows = Rows {
    service: "checkin",
    events: "SELECT event, doc ->> '$.facts.facts.ends_at' AS ends_at FROM checkin_events",
    rows: "SELECT serial, doc FROM checkin_tickets
           WHERE event = ?1 AND serial > ?2 ORDER BY serial LIMIT ?3",
    forget: |connection, document| {
        let ticket: TicketState = serde_json::from_str(document)?;
        let (event, serial) = (ticket.key.event.0, ticket.key.serial.get());
        let document = serde_json::to_string(&ticket.nameless())?;
        let sql = "UPDATE checkin_tickets SET doc = ?3, version = version + 1
                   WHERE event = ?1 AND serial = ?2";
        hit(connection
            .prepare_cached(sql)?
            .execute((event, serial, document))?)
    },
    given_up: None,
};
