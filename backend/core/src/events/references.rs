//! What an event's parts name must be part of it. What is not is told with the
//! path of the very field that names it.

use super::{Event, EventError, TicketType};
use gateline_common::catalog::Condition;
use gateline_common::ids::{GateId, TicketTypeId, ZoneId};
use std::collections::BTreeSet;
use std::fmt::Display;

/// Gates, zones and rules, each with an id of its own, that name what exists.
pub(super) fn of_event(event: &Event) -> Result<(), EventError> {
    numbered("gates", event.gates.iter().map(|gate| gate.id.0))?;
    numbered("zones", event.zones.iter().map(|zone| zone.id.0))?;
    numbered("rules", event.rules.iter().map(|rule| rule.id.0))?;
    let known = Known::of(event);
    for (at, gate) in event.gates.iter().enumerate() {
        known.zone(&format!("gates[{at}].zone"), gate.zone)?;
    }
    for (at, zone) in event.zones.iter().enumerate() {
        known.zone(&format!("zones[{at}].parent"), zone.parent)?;
    }
    for (at, rule) in event.rules.iter().enumerate() {
        known.types(&format!("rules[{at}].ticket_types"), &rule.ticket_types)?;
        known.condition(&format!("rules[{at}].condition"), &rule.condition)?;
    }
    for ticket_type in event.live_types() {
        let gates = ticket_type.admission.gates.iter();
        if let Some(gate) = gates.copied().find(|gate| !known.gates.contains(gate)) {
            let name = &ticket_type.name;
            let message = format!("ticket type \"{name}\" is admitted at gate {gate}: keep it");
            return Err(EventError::invalid("gates", message));
        }
    }
    Ok(())
}

/// A ticket type that was entered, by the fields of its own.
pub(super) fn of_type(event: &Event, ticket_type: &TicketType) -> Result<(), EventError> {
    let gates = &ticket_type.admission.gates;
    Known::of(event).gates("admission.gates", gates)
}

/// Ids from 1 on (at a gate 0 is typed for "none"), each there once.
fn numbered(list: &str, ids: impl Iterator<Item = u16>) -> Result<(), EventError> {
    let mut seen = BTreeSet::new();
    for (at, id) in ids.enumerate() {
        let field = format!("{list}[{at}].id");
        if id == 0 {
            return Err(EventError::invalid(field, "ids begin with 1"));
        }
        if !seen.insert(id) {
            return Err(EventError::invalid(field, format!("{id} is there twice")));
        }
    }
    Ok(())
}

struct Known {
    gates: BTreeSet<GateId>,
    zones: BTreeSet<ZoneId>,
    types: BTreeSet<TicketTypeId>,
}

impl Known {
    fn of(event: &Event) -> Self {
        Self {
            gates: event.gates.iter().map(|gate| gate.id).collect(),
            zones: event.zones.iter().map(|zone| zone.id).collect(),
            types: event.live_types().map(|t| t.id).collect(),
        }
    }

    fn zone(&self, field: &str, zone: Option<ZoneId>) -> Result<(), EventError> {
        match zone.filter(|zone| !self.zones.contains(zone)) {
            Some(zone) => Err(missing(field, "zone", zone)),
            None => Ok(()),
        }
    }

    fn gates(&self, field: &str, gates: &[GateId]) -> Result<(), EventError> {
        all(field, "gate", gates, &self.gates)
    }

    fn types(&self, field: &str, types: &[TicketTypeId]) -> Result<(), EventError> {
        all(field, "ticket type", types, &self.types)
    }

    /// Goes no deeper than a request's JSON can be.
    fn condition(&self, field: &str, condition: &Condition) -> Result<(), EventError> {
        let each = |name: &str, parts: &[Condition]| {
            let mut parts = parts.iter().enumerate();
            parts.try_for_each(|(at, part)| self.condition(&format!("{field}.{name}[{at}]"), part))
        };
        match condition {
            Condition::All(parts) => each("all", parts),
            Condition::Any(parts) => each("any", parts),
            Condition::Not(part) => self.condition(&format!("{field}.not"), part),
            Condition::GateIn(gates) => self.gates(&format!("{field}.gate_in"), gates),
            Condition::TypeIn(types) => self.types(&format!("{field}.type_in"), types),
            Condition::Between(..)
            | Condition::TimeOfDay(..)
            | Condition::Weekday(_)
            | Condition::EntriesAtMost(_)
            | Condition::EntriesTodayAtMost(_)
            | Condition::MinutesSinceLastEntryAtLeast(_)
            | Condition::MinutesSinceFirstEntryAtMost(_) => Ok(()),
        }
    }
}

fn all<T: Ord + Display + Copy>(
    field: &str,
    kind: &str,
    named: &[T],
    known: &BTreeSet<T>,
) -> Result<(), EventError> {
    match named.iter().enumerate().find(|(_, id)| !known.contains(id)) {
        Some((at, id)) => Err(missing(&format!("{field}[{at}]"), kind, *id)),
        None => Ok(()),
    }
}

fn missing(field: &str, kind: &str, id: impl Display) -> EventError {
    EventError::invalid(field, format!("this event has no {kind} {id}"))
}
