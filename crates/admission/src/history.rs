//! Where a ticket is, read from its passages.
//!
//! A passage belongs to the place behind its gate. Leaving a place leaves every
//! zone inside it, so a forgotten exit of an inner zone heals at the outer one.

use crate::rules::{EventRules, Place};
use gateline_common::decision::{Direction, Passage};
use std::borrow::Cow;
use std::collections::BTreeSet;

/// The passages in order of (time, device, sequence).
pub(crate) fn in_order(history: &[Passage]) -> Cow<'_, [Passage]> {
    if history.is_sorted() {
        return Cow::Borrowed(history);
    }
    let mut sorted = history.to_vec();
    sorted.sort();
    Cow::Owned(sorted)
}

/// The entries through gates of this very place.
pub(crate) fn entries<'a>(
    rules: &'a EventRules,
    history: &'a [Passage],
    place: Place,
) -> impl DoubleEndedIterator<Item = &'a Passage> {
    history.iter().filter(move |passage| {
        passage.direction == Direction::Entry && rules.place_of(passage.gate) == place
    })
}

/// The last entry of this very place, if no exit followed it.
pub(crate) fn standing_entry<'a>(
    rules: &EventRules,
    history: &'a [Passage],
    place: Place,
) -> Option<&'a Passage> {
    let leaves = |at: Place| match (at, place) {
        (None, _) => true,
        (Some(left), Some(place)) => {
            left == place || rules.around(place).any(|outer| outer == left)
        }
        (Some(_), None) => false,
    };
    let mut standing = None;
    for passage in history {
        let at = rules.place_of(passage.gate);
        match passage.direction {
            Direction::Entry if at == place => standing = Some(passage),
            Direction::Exit if leaves(at) => standing = None,
            Direction::Entry | Direction::Exit => {}
        }
    }
    standing
}

/// Every place that the ticket is in: those it entered and did not leave, the
/// zones around them, and (`None`) the event as a whole.
pub(crate) fn places(rules: &EventRules, history: &[Passage]) -> BTreeSet<Place> {
    let entered: BTreeSet<Place> = history
        .iter()
        .filter(|passage| passage.direction == Direction::Entry)
        .map(|passage| rules.place_of(passage.gate))
        .collect();
    let mut inside = BTreeSet::new();
    for place in entered {
        if standing_entry(rules, history, place).is_some() {
            inside.extend([None, place]);
            inside.extend(
                place
                    .into_iter()
                    .flat_map(|zone| rules.around(zone))
                    .map(Some),
            );
        }
    }
    inside
}
