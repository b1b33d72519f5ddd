//! The rules that every event has: limits of a ticket type, capacity, zones.
//!
//! Always: their words are their name in a refusal, in logs and on the wire, so
//! [`BuiltInRule::named`] reads back what `Display` wrote.

use std::fmt;

/// A rule that nobody wrote, and what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BuiltInRule {
    /// Nobody is in this zone who is not in the one around it; its name.
    FirstThrough(String),
    /// So many entries on one ticket.
    EntriesInAll(u16),
    /// So many entries on one ticket in a day at the event.
    EntriesADay(u16),
    /// A zone or the event holds no more people; its name.
    Full(String),
}

const FIRST_THROUGH: &str = "First through the entrance of ";
const ENTRIES_IN_ALL: &str = "Entries in all: at most ";
const ENTRIES_A_DAY: &str = "Entries a day: at most ";
const IS_FULL: &str = " is full";

impl BuiltInRule {
    /// The rule that a refusal names so; `None` when it is none of these.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        if let Some(zone) = name.strip_prefix(FIRST_THROUGH) {
            return Some(Self::FirstThrough(zone.to_owned()));
        }
        if let Some(most) = name.strip_prefix(ENTRIES_IN_ALL) {
            return most.parse().ok().map(Self::EntriesInAll);
        }
        if let Some(most) = name.strip_prefix(ENTRIES_A_DAY) {
            return most.parse().ok().map(Self::EntriesADay);
        }
        let place = name.strip_suffix(IS_FULL)?;
        Some(Self::Full(place.to_owned()))
    }
}

impl fmt::Display for BuiltInRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FirstThrough(zone) => write!(f, "{FIRST_THROUGH}{zone}"),
            Self::EntriesInAll(most) => write!(f, "{ENTRIES_IN_ALL}{most}"),
            Self::EntriesADay(most) => write!(f, "{ENTRIES_A_DAY}{most}"),
            Self::Full(place) => write!(f, "{place}{IS_FULL}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::BuiltInRule;

    #[test]
    fn a_built_in_rule_is_known_by_its_name() {
        for rule in [
            BuiltInRule::FirstThrough("Hall 1".into()),
            BuiltInRule::EntriesInAll(3),
            BuiltInRule::EntriesADay(1),
            BuiltInRule::Full("Backstage is full".into()),
        ] {
            assert_eq!(BuiltInRule::named(&rule.to_string()), Some(rule));
        }
        assert_eq!(BuiltInRule::named("Members only"), None);
    }
}
