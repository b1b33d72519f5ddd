//! What an organizer may not enter: rules that name what does not exist, ranges
//! that are empty, zones that contain themselves.

use gateline_common::catalog::{Condition, TypeAdmission};
use gateline_common::ids::{GateId, TicketTypeId, ZoneId};
use gateline_common::sync::EventManifest;
use gateline_common::time::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::collections::BTreeSet;
use std::fmt::Display;

/// Conditions may be nested so deep.
const MAX_DEPTH: usize = 16;

/// Why an event's rules cannot be decided by.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RulesError {
    /// Not an IANA time zone.
    #[error("there is no time zone called {0:?}")]
    TimeZone(String),
    /// Two of a kind share an id.
    #[error("{kind} {id} is there twice")]
    Twice {
        /// What it is.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// Something names what does not exist.
    #[error("{by} names {kind} {id}, which does not exist")]
    Unknown {
        /// Who names it.
        by: String,
        /// What it is.
        kind: &'static str,
        /// Its id.
        id: String,
    },
    /// A zone that is inside itself.
    #[error("zone {0} is inside itself")]
    ZoneCycle(ZoneId),
    /// A range that nothing is in.
    #[error("{0}: the begin is not before the end")]
    EmptyRange(String),
    /// A time of day past midnight, a weekday that does not exist, and so on.
    #[error("{0}")]
    OutOfRange(String),
    /// Conditions nested too deep.
    #[error("{0}: conditions are nested too deep")]
    TooDeep(String),
    /// A rule without words for staff.
    #[error("a gate, zone, ticket type or rule has no name")]
    NoName,
    /// A public key that nothing can verify under.
    #[error("key {0} is not a usable public key")]
    Key(u8),
}

/// The IANA time zone, from the database that is compiled in.
pub(crate) fn time_zone(name: &str) -> Result<TimeZone, RulesError> {
    TimeZoneDatabase::bundled()
        .get(name)
        .map_err(|_| RulesError::TimeZone(name.to_owned()))
}

/// Every check.
pub(crate) fn check(manifest: &EventManifest) -> Result<(), RulesError> {
    time_zone(&manifest.timezone)?;
    let known = Known {
        gates: unique("gate", manifest.gates.iter().map(|gate| gate.id))?,
        types: unique(
            "ticket type",
            manifest.ticket_types.iter().map(|info| info.id),
        )?,
        zones: unique("zone", manifest.zones.iter().map(|zone| zone.id))?,
    };
    unique("rule", manifest.rules.iter().map(|rule| rule.id))?;
    check_names(manifest)?;
    check_places(manifest, &known)?;
    let policy = &manifest.policy;
    ordered("doors", policy.doors_open, policy.doors_close)?;
    for info in &manifest.ticket_types {
        check_type(&info.name, &info.admission, &known)?;
    }
    for rule in &manifest.rules {
        known.all_types(&rule.name, &rule.ticket_types)?;
        check_condition(&rule.name, &rule.condition, &known, MAX_DEPTH)?;
    }
    match manifest
        .keys
        .iter()
        .find(|key| !ticket_crypto::is_usable(&key.key))
    {
        Some(key) => Err(RulesError::Key(key.id.0)),
        None => Ok(()),
    }
}

struct Known {
    gates: BTreeSet<GateId>,
    types: BTreeSet<TicketTypeId>,
    zones: BTreeSet<ZoneId>,
}

impl Known {
    fn all_gates(&self, by: &str, gates: &[GateId]) -> Result<(), RulesError> {
        all_known(by, "gate", gates, &self.gates)
    }

    fn all_types(&self, by: &str, types: &[TicketTypeId]) -> Result<(), RulesError> {
        all_known(by, "ticket type", types, &self.types)
    }
}

fn all_known<T: Ord + Copy + Display>(
    by: &str,
    kind: &'static str,
    named: &[T],
    known: &BTreeSet<T>,
) -> Result<(), RulesError> {
    match named.iter().find(|id| !known.contains(id)) {
        Some(id) => Err(RulesError::Unknown {
            by: by.to_owned(),
            kind,
            id: id.to_string(),
        }),
        None => Ok(()),
    }
}

fn unique<T: Ord + Copy + Display>(
    kind: &'static str,
    ids: impl Iterator<Item = T>,
) -> Result<BTreeSet<T>, RulesError> {
    let mut seen = BTreeSet::new();
    for id in ids {
        if !seen.insert(id) {
            return Err(RulesError::Twice {
                kind,
                id: id.to_string(),
            });
        }
    }
    Ok(seen)
}

fn check_names(manifest: &EventManifest) -> Result<(), RulesError> {
    let gates = manifest.gates.iter().map(|gate| &gate.name);
    let zones = manifest.zones.iter().map(|zone| &zone.name);
    let types = manifest.ticket_types.iter().map(|info| &info.name);
    let rules = manifest.rules.iter().map(|rule| &rule.name);
    let nameless = |name: &String| name.trim().is_empty();
    if gates.chain(zones).chain(types).chain(rules).any(nameless) {
        return Err(RulesError::NoName);
    }
    Ok(())
}

fn check_places(manifest: &EventManifest, known: &Known) -> Result<(), RulesError> {
    for gate in &manifest.gates {
        all_known(&gate.name, "zone", gate.zone.as_slice(), &known.zones)?;
    }
    let parent = |id: &ZoneId| manifest.zones.iter().find(|zone| zone.id == *id)?.parent;
    for zone in &manifest.zones {
        all_known(&zone.name, "zone", zone.parent.as_slice(), &known.zones)?;
    }
    for zone in &manifest.zones {
        let around = std::iter::successors(zone.parent, parent);
        if around
            .take(manifest.zones.len())
            .any(|outer| outer == zone.id)
        {
            return Err(RulesError::ZoneCycle(zone.id));
        }
    }
    Ok(())
}

fn check_type(name: &str, admission: &TypeAdmission, known: &Known) -> Result<(), RulesError> {
    known.all_gates(name, &admission.gates)?;
    ordered(name, admission.valid_from, admission.valid_until)
}

fn ordered(by: &str, from: Option<Timestamp>, until: Option<Timestamp>) -> Result<(), RulesError> {
    match (from, until) {
        (Some(from), Some(until)) if from >= until => Err(RulesError::EmptyRange(by.to_owned())),
        _ => Ok(()),
    }
}

fn check_condition(
    by: &str,
    condition: &Condition,
    known: &Known,
    depth: usize,
) -> Result<(), RulesError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(RulesError::TooDeep(by.to_owned()));
    };
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts
            .iter()
            .try_for_each(|part| check_condition(by, part, known, depth)),
        Condition::Not(part) => check_condition(by, part, known, depth),
        Condition::GateIn(gates) => known.all_gates(by, gates),
        Condition::TypeIn(types) => known.all_types(by, types),
        Condition::Between(from, until) => ordered(by, Some(*from), Some(*until)),
        Condition::TimeOfDay(from, until) if from == until => {
            Err(RulesError::EmptyRange(by.to_owned()))
        }
        Condition::TimeOfDay(from, until) if *from.max(until) > 1440 => Err(
            RulesError::OutOfRange(format!("{by}: a day has 1440 minutes")),
        ),
        Condition::Weekday(days) if days.iter().any(|day| !(1..=7).contains(day)) => Err(
            RulesError::OutOfRange(format!("{by}: weekdays are 1 (Monday) to 7 (Sunday)")),
        ),
        Condition::TimeOfDay(..)
        | Condition::Weekday(_)
        | Condition::EntriesAtMost(_)
        | Condition::EntriesTodayAtMost(_)
        | Condition::MinutesSinceLastEntryAtLeast(_)
        | Condition::MinutesSinceFirstEntryAtMost(_) => Ok(()),
    }
}
