//! Live figures of the chosen event, as far as this device knows: from sums that
//! are kept with every change, so a long list costs no more than a short one.

use super::decide::known;
use super::{Answered, Controller, ControllerError, GuiIntegration};
use crate::store::progress::server_time;
use crate::store::{Known, Store, TypeSums};
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, TicketTypeId};
use serde::{Deserialize, Serialize};

/// How far back entries are told minute by minute.
const MINUTES: u32 = 60;

/// Figures of the chosen event, of all devices as far as this one knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Figures {
    /// The event.
    pub event: EventId,
    /// When (server's clock, as far as it is known).
    pub at: Timestamp,
    /// Tickets on the list.
    pub listed: u64,
    /// Tickets of which somebody came in, those that left again among them.
    pub entered: u64,
    /// Tickets whose holders are inside.
    pub inside: u64,
    /// The same by ticket type, in the order of the event's ticket types.
    pub by_type: Vec<TypeFigures>,
    /// Scans of this device alone.
    pub this_device: DeviceFigures,
    /// Entries in each of the last 60 minutes, oldest first; the last one is the
    /// minute of `at`.
    pub per_minute: Vec<u32>,
}

/// Tickets of one type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TypeFigures {
    /// The type; `None` for tickets that are not on the list.
    pub ticket_type: Option<TicketTypeId>,
    /// Its name, if it is known.
    pub name: Option<String>,
    /// On the list.
    pub listed: u64,
    /// Somebody came in.
    pub entered: u64,
    /// Inside now.
    pub inside: u64,
}

/// Scans of this device at the chosen event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct DeviceFigures {
    /// Entries that stand.
    pub entries: u64,
    /// Exits that stand.
    pub exits: u64,
    /// Refusals.
    pub refusals: u64,
    /// Admissions that staff took back.
    pub undone: u64,
}

impl<I: GuiIntegration> Controller<I> {
    /// The live figures of the chosen event. Runs beside scans.
    ///
    /// # Errors
    /// `NotEnrolled`, `Revoked`, `NoEvent`, `Store`.
    pub async fn figures(&self) -> Answered<Figures> {
        let event = self.place().await?.choice.event;
        let now = self.clock.now();
        self.store
            .beside(move |store| {
                let known = known(store)?;
                let at = server_time(store.db(), now)?;
                read(store, &known, event, at)
            })
            .await
    }
}

fn read(
    store: &Store,
    known: &Known,
    event: EventId,
    at: Timestamp,
) -> Result<Figures, ControllerError> {
    let by_type = by_type(store, known, event)?;
    let mine = store.own_sums(event)?;
    Ok(Figures {
        event,
        at,
        listed: store.listed_tickets(event)?,
        entered: by_type.iter().map(|of_type| of_type.entered).sum(),
        inside: store.people_inside(event)?.everywhere(),
        by_type,
        this_device: DeviceFigures {
            entries: mine.entries,
            exits: mine.exits,
            refusals: mine.refusals,
            undone: mine.undone,
        },
        per_minute: store.entries_per_minute(event, at, MINUTES)?,
    })
}

/// The event's types, also those without a ticket; then what has no type of it.
fn by_type(
    store: &Store,
    known: &Known,
    event: EventId,
) -> Result<Vec<TypeFigures>, ControllerError> {
    let mut sums = store.type_sums(event)?;
    let shown = |ticket_type, name, sums: TypeSums| TypeFigures {
        ticket_type,
        name,
        listed: sums.listed,
        entered: sums.entered,
        inside: sums.inside,
    };
    let types = known
        .rules(event)
        .map(|rules| rules.manifest().ticket_types.as_slice())
        .unwrap_or_default();
    let mut all: Vec<TypeFigures> = types
        .iter()
        .map(|kind| {
            let of_type = sums.remove(&Some(kind.id)).unwrap_or_default();
            shown(Some(kind.id), Some(kind.name.clone()), of_type)
        })
        .collect();
    all.extend(sums.into_iter().map(|(kind, sums)| shown(kind, None, sums)));
    Ok(all)
}
