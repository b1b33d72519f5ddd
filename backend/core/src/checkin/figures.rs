//! Live figures of an event. They are sums that change with every stored scan,
//! in its transaction; each ticket remembers its share, so that a withdrawal
//! takes away exactly what the scan had added.

use gateline_common::ids::{EventId, GateId, TicketTypeId, ZoneId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One of the sums of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Tickets on the list that stand.
    Expected,
    /// Tickets of a type on the list that stand and did not come in.
    Open(TicketTypeId),
    /// Tickets that came in at least once.
    Entered,
    /// … of a type.
    EnteredOfType(TicketTypeId),
    /// … whose first entry was at a gate (`None`: none was chosen).
    EnteredAt(Option<GateId>),
    /// People inside now: the event as a whole (`None`), or a zone.
    Inside(Option<ZoneId>),
    /// Scans that were refused in the end, by the gate or by the server.
    Refused,
    /// … at a gate.
    RefusedAt(Option<GateId>),
    /// Tickets' second entries that reconciliation found.
    Duplicates,
    /// Conflicts of any cause, these too.
    Conflicts,
    /// Entries of serials that are not on the list.
    Unlisted,
    /// Tickets whose records were last counted by this version of the rules.
    CountedBy(u64),
}

/// What one ticket adds to the figures.
pub type Share = Vec<Figure>;

/// Changes of sums.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Deltas(BTreeMap<(EventId, Figure), i64>);

impl Deltas {
    /// Adds `by` to a sum.
    pub fn add(&mut self, event: EventId, figure: Figure, by: i64) {
        *self.0.entry((event, figure)).or_default() += by;
    }

    /// The change of one sum.
    #[must_use]
    pub fn get(&self, event: EventId, figure: Figure) -> i64 {
        self.0.get(&(event, figure)).copied().unwrap_or(0)
    }

    /// Replaces a ticket's share.
    pub fn replace(&mut self, event: EventId, before: &Share, after: &Share) {
        before
            .iter()
            .for_each(|figure| self.add(event, *figure, -1));
        after.iter().for_each(|figure| self.add(event, *figure, 1));
    }

    /// The events whose sums change.
    #[must_use]
    pub fn events(&self) -> Vec<EventId> {
        let mut events: Vec<EventId> = self.iter().map(|(event, _, _)| event).collect();
        events.dedup();
        events
    }

    /// The sums that change.
    pub fn iter(&self) -> impl Iterator<Item = (EventId, Figure, i64)> {
        let changed = self.0.iter().filter(|(_, by)| **by != 0);
        changed.map(|((event, figure), by)| (*event, *figure, *by))
    }
}

/// The sums of an event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures(pub BTreeMap<Figure, i64>);

impl Figures {
    /// One of them.
    #[must_use]
    pub fn get(&self, figure: Figure) -> u64 {
        u64::try_from(self.0.get(&figure).copied().unwrap_or(0)).unwrap_or(0)
    }
}
