//! What check-in keeps of a ticket: what the list says, how that came about,
//! and the passages that count. One per serial that is listed or was admitted.

use super::figures::Share;
use gateline_admission::TicketReport;
use gateline_common::bus::TicketFacts;
use gateline_common::decision::Passage;
use gateline_common::ids::{EventId, Serial};
use gateline_common::sync::{FeedEntry, ListedTicket};
use gateline_common::{Hash, Timestamp};
use serde::{Deserialize, Serialize};
use ticket_crypto::TicketCode;

/// A ticket: which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TicketKey {
    /// The event.
    pub event: EventId,
    /// The serial.
    pub serial: Serial,
}

/// One state of a ticket, from some time on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketChange {
    /// The version of the ticket.
    pub version: u64,
    /// The state, and since when.
    pub state: gateline_admission::TicketState,
    /// The hash of its code, as that was issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_hash: Option<Hash>,
}

/// A ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketState {
    /// Which.
    pub key: TicketKey,
    /// What the list says; `None` for a serial that was only ever scanned.
    pub listed: Option<ListedTicket>,
    /// Every state that it was in, by version.
    pub history: Vec<TicketChange>,
    /// The passages that count, in order of time.
    pub passages: Vec<Passage>,
    /// What reconciliation found, if anything is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finding: Option<TicketReport>,
    /// Was it let in on its signature alone?
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unlisted: bool,
    /// What it adds to the event's figures.
    pub share: Share,
    /// For conditional saving.
    pub version: u64,
}

impl TicketState {
    /// A ticket of which nothing is known yet.
    #[must_use]
    pub fn unknown(key: TicketKey) -> Self {
        Self {
            key,
            listed: None,
            history: Vec::new(),
            passages: Vec::new(),
            finding: None,
            unlisted: false,
            share: Share::default(),
            version: 0,
        }
    }

    /// Takes the facts of a version. What is older than what the list shows
    /// only completes the history.
    #[must_use]
    pub fn with_facts(mut self, version: u64, at: Timestamp, facts: &TicketFacts) -> Option<Self> {
        let place = match self.history.binary_search_by_key(&version, |c| c.version) {
            Ok(_) => return None,
            Err(place) => place,
        };
        let change = TicketChange {
            version,
            state: gateline_admission::TicketState {
                since: at,
                epoch: facts.epoch,
                ticket_type: facts.ticket_type,
                status: facts.status,
            },
            code_hash: facts.code_hash,
        };
        let newest = place == self.history.len();
        self.history.insert(place, change);
        if newest {
            self.listed = Some(ListedTicket {
                ticket_type: facts.ticket_type,
                epoch: facts.epoch,
                status: facts.status,
                name: facts.attendee_name.clone(),
                seat: facts.seat.clone(),
                order_code: facts.order_code.clone(),
                note: facts.note.clone(),
            });
        }
        Some(self)
    }

    /// The same without the guest's name, and the note about them. Nothing that counts
    /// scans looks at either.
    #[must_use]
    pub fn nameless(mut self) -> Self {
        if let Some(listed) = &mut self.listed {
            listed.name = None;
            listed.note = None;
        }
        self
    }

    /// Is this a code of the ticket, byte for byte as it was issued? What a holder
    /// adds is not.
    #[must_use]
    pub fn has_issued(&self, code: &TicketCode) -> bool {
        let hash = Some(code.ticket_hash());
        code.proof().is_none() && self.history.iter().any(|change| change.code_hash == hash)
    }

    /// What the feed says about it, names and seats only where allowed.
    #[must_use]
    pub fn feed_entry(&self, names: bool, seats: bool) -> FeedEntry {
        let mut ticket = self.listed.clone();
        if let Some(ticket) = &mut ticket {
            ticket.name = ticket.name.take().filter(|_| names);
            ticket.seat = ticket.seat.take().filter(|_| seats);
        }
        FeedEntry {
            serial: self.key.serial,
            ticket,
            passages: self.passages.clone(),
        }
    }

    /// May a report have more to say of it than that it was let in?
    #[must_use]
    pub const fn is_in_question(&self) -> bool {
        self.finding.is_some() || self.unlisted
    }

    /// How many conflicts it has.
    #[must_use]
    pub fn conflicts(&self) -> usize {
        self.finding
            .as_ref()
            .map_or(0, |found| found.conflicts.len())
    }

    /// Would gates be told the same?
    #[must_use]
    pub fn is_same_to_gates(&self, other: &Self) -> bool {
        self.listed == other.listed && self.passages == other.passages
    }
}
