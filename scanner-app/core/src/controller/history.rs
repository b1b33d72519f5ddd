//! What this device scanned, newest first, from its own log: over all events, with
//! and without network, and also when the lists are wiped.

use super::names::Names;
use super::names::names;
use super::show::{gate_name, ticket_shown};
use super::shown::{Confirmation, TicketShown};
use super::{Answered, Controller, ControllerError, GuiIntegration};
use crate::store::{Known, LoggedScan, Store, TakenBack, list};
use crate::sync::ticket_of;
use gateline_common::Timestamp;
use gateline_common::decision::{Answer, Direction};
use gateline_common::ids::EventId;
use gateline_common::sync::Subject;
use serde::{Deserialize, Serialize};

/// Entries at a time.
const MOST: usize = 200;

/// One scan of this device, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct HistoryEntry {
    /// The number of its record in this device's log.
    pub seq: u64,
    /// When, by the device's clock corrected by its last comparison.
    pub at: Timestamp,
    /// The event that the gate was set to.
    pub event: EventId,
    /// Its title, while the event is known.
    pub event_title: Option<String>,
    /// The gate's name, while it is known.
    pub gate_name: Option<String>,
    /// Which way.
    pub direction: Direction,
    /// How the ticket was presented.
    pub how: Presented,
    /// What was shown.
    pub answer: Answer,
    /// What the answer speaks of, by the names that are known today.
    pub names: Names,
    /// Whether the server took part.
    pub confirmation: Confirmation,
    /// Did staff take the admission back?
    pub undone: bool,
    /// The ticket, when one was recognised; what the list said of it goes with the
    /// list.
    pub ticket: Option<TicketShown>,
    /// Does the server have the record?
    pub sent: bool,
}

/// How a ticket was presented.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Presented {
    /// Its code was scanned.
    Scan,
    /// It was chosen from a search result.
    Search,
    /// A refusal was waived.
    Override {
        /// The reason, in the words of staff.
        reason: String,
        /// What was waived.
        waived: Answer,
        /// Was the supervisor's PIN given?
        supervised: bool,
    },
}

impl<I: GuiIntegration> Controller<I> {
    /// The scans of this device with numbers below `before_seq` (the newest ones
    /// without it), newest first: at most `limit`, and 200 at a time. Runs beside
    /// scans.
    ///
    /// # Errors
    /// `Locked`, `Store`.
    pub async fn history(
        &self,
        before_seq: Option<u64>,
        limit: u32,
    ) -> Answered<Vec<HistoryEntry>> {
        self.unlocked()?;
        let most = MOST.min(limit as usize);
        self.store
            .beside(move |store| {
                let known = store.known()?;
                let scans = store.logged_scans(before_seq, most)?;
                scans
                    .into_iter()
                    .map(|logged| entry(store, known.as_deref(), logged))
                    .collect()
            })
            .await
    }
}

fn entry(
    store: &Store,
    known: Option<&Known>,
    logged: LoggedScan,
) -> Result<HistoryEntry, ControllerError> {
    let ticket = ticket(store, known, &logged)?;
    let LoggedScan {
        seq,
        at,
        scan,
        taken_back,
        confirmed,
        sent,
    } = logged;
    let event = scan.event;
    let events = known.iter().flat_map(|known| &known.manifest.events);
    let undone = taken_back == Some(TakenBack::Undone);
    let (answer, confirmation) = match taken_back {
        Some(TakenBack::Withdrawn(answer)) => (answer, Confirmation::Confirmed),
        _ if !scan.answer.is_admitted() => (scan.answer, Confirmation::NotAsked),
        _ if confirmed => (scan.answer, Confirmation::Confirmed),
        _ => (scan.answer, Confirmation::Unconfirmed),
    };
    Ok(HistoryEntry {
        seq,
        at,
        event,
        event_title: events
            .filter(|it| it.event == event)
            .map(|it| it.title.clone())
            .next(),
        gate_name: known.and_then(|known| gate_name(known, event, scan.gate)),
        direction: scan.direction,
        how: match (scan.overridden, scan.subject) {
            (Some(given), _) => Presented::Override {
                reason: given.reason,
                waived: given.waived,
                supervised: given.supervised,
            },
            (None, Subject::Listed(_)) => Presented::Search,
            (None, _) => Presented::Scan,
        },
        names: known
            .map(|known| names(&answer, known, event))
            .unwrap_or_default(),
        answer,
        confirmation,
        undone,
        ticket,
        sent,
    })
}

fn ticket(
    store: &Store,
    known: Option<&Known>,
    logged: &LoggedScan,
) -> Result<Option<TicketShown>, ControllerError> {
    let Some((event, serial)) = ticket_of(&logged.scan) else {
        return Ok(None);
    };
    let listed = list::listed(store.db(), event, serial)?;
    Ok(Some(match known {
        Some(known) => ticket_shown(known, event, serial, listed.as_ref()),
        None => TicketShown {
            serial,
            type_name: String::new(),
            name: None,
            seat: None,
            order_code: None,
            note: None,
        },
    }))
}
