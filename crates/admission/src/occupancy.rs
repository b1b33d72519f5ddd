//! How many people are where. What a gate counts is what it knows: its own
//! scans and those that it was told of; the report shows what was exceeded.

use crate::history;
use crate::rules::EventRules;
use gateline_common::decision::Passage;
use gateline_common::ids::ZoneId;
use std::collections::{BTreeMap, BTreeSet};

/// People who are inside now, as far as is known.
pub trait Occupancy {
    /// People inside a zone, or (`None`) inside the event as a whole.
    fn inside(&self, place: Option<ZoneId>) -> u32;
}

/// Counts nobody: for events without capacities.
#[derive(Debug, Clone, Copy, Default)]
pub struct NobodyCounted;

impl Occupancy for NobodyCounted {
    fn inside(&self, _: Option<ZoneId>) -> u32 {
        0
    }
}

/// The places that a ticket with this history is in: zones, the zones around
/// them, and (`None`) the event as a whole. Empty if it is outside.
#[must_use]
pub fn places(rules: &EventRules, history: &[Passage]) -> BTreeSet<Option<ZoneId>> {
    history::places(rules, &history::in_order(history))
}

/// A count that is kept up to date ticket by ticket.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headcount(BTreeMap<Option<ZoneId>, u32>);

impl Headcount {
    /// Counts these tickets' histories.
    #[must_use]
    pub fn of<'a>(rules: &EventRules, histories: impl IntoIterator<Item = &'a [Passage]>) -> Self {
        let mut count = Self::default();
        for history in histories {
            count.update(rules, &[], history);
        }
        count
    }

    /// One ticket's history was `before` and is now `after`.
    pub fn update(&mut self, rules: &EventRules, before: &[Passage], after: &[Passage]) {
        let (before, after) = (places(rules, before), places(rules, after));
        for left in before.difference(&after) {
            let count = self.0.entry(*left).or_default();
            *count = count.saturating_sub(1);
        }
        for entered in after.difference(&before) {
            *self.0.entry(*entered).or_default() += 1;
        }
    }
}

impl Occupancy for Headcount {
    fn inside(&self, place: Option<ZoneId>) -> u32 {
        self.0.get(&place).copied().unwrap_or(0)
    }
}
