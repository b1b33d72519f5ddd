//! Tickets have the names of their guests. Records stay as their devices signed them.

use super::read::{number, said, text};
use crate::mongo::documents::number as written;
use crate::mongo::people::Documents;
use gateline_core::checkin::event::EventState;
use gateline_core::checkin::ticket::TicketState;
use mongodb::bson::doc;

/// The position in the feed stays: gates have no names of events that are over.
pub(in crate::mongo) const PEOPLE: Documents = Documents {
    collection: "tickets",
    ends_at: |event| {
        let event: EventState = said(event, "doc")?;
        Ok(event.facts.map(|known| known.facts.ends_at))
    },
    event: "event",
    key: "position",
    nameless: |document| {
        let ticket: TicketState = said(&document, "doc")?;
        let version: u64 = number(&document, "version")?;
        Ok(doc! {"doc": text(&ticket.nameless())?, "version": written(version + 1)})
    },
    given_up: None,
};
