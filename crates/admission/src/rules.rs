//! An event's rules, made ready: time zone and keyring resolved, zones as a
//! tree, and every reference checked once instead of at each scan.

use crate::validate::{self, RulesError};
use gateline_common::catalog::{EntryPolicy, EntryRule, Gate, ReEntry, Zone};
use gateline_common::ids::{EventId, GateId, TicketTypeId, ZoneId};
use gateline_common::sync::{EventManifest, TicketTypeInfo};
use gateline_common::time::Timestamp;
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};
use ticket_crypto::Keyring;

/// Where somebody can be: a zone, or (`None`) the event as a whole.
pub(crate) type Place = Option<ZoneId>;

/// The rules of one event, ready for [`crate::decide`].
#[derive(Debug, Clone)]
pub struct EventRules {
    manifest: EventManifest,
    timezone: TimeZone,
    keyring: Keyring,
    gates: BTreeMap<GateId, usize>,
    types: BTreeMap<TicketTypeId, usize>,
    zones: BTreeMap<ZoneId, usize>,
    gated: BTreeSet<ZoneId>,
}

impl EventRules {
    /// Checks an event's manifest and makes it ready. What this accepts, every
    /// gate can decide by; the events service refuses what this refuses.
    ///
    /// # Errors
    /// The first [`RulesError`] found.
    pub fn compile(manifest: &EventManifest) -> Result<Self, RulesError> {
        validate::check(manifest)?;
        Ok(Self {
            keyring: Keyring::new(&manifest.keys),
            gates: index(&manifest.gates, |gate| gate.id),
            types: index(&manifest.ticket_types, |info| info.id),
            zones: index(&manifest.zones, |zone| zone.id),
            gated: manifest.gates.iter().filter_map(|gate| gate.zone).collect(),
            timezone: validate::time_zone(&manifest.timezone)?,
            manifest: manifest.clone(),
        })
    }

    /// The event.
    #[must_use]
    pub const fn event(&self) -> EventId {
        self.manifest.event
    }

    /// The manifest that these rules were made from.
    #[must_use]
    pub const fn manifest(&self) -> &EventManifest {
        &self.manifest
    }

    /// Was the event called off? Then [`crate::decide`] refuses every entry, with
    /// the reason `cancelled`, and no override helps.
    #[must_use]
    pub const fn is_cancelled(&self) -> bool {
        self.manifest.cancelled
    }

    /// How the event lets people in.
    #[must_use]
    pub const fn policy(&self) -> &EntryPolicy {
        &self.manifest.policy
    }

    /// The verifying keys of the event.
    #[must_use]
    pub const fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// The event's time zone.
    #[must_use]
    pub const fn timezone(&self) -> &TimeZone {
        &self.timezone
    }

    /// A gate of the event.
    #[must_use]
    pub fn gate(&self, id: GateId) -> Option<&Gate> {
        self.manifest.gates.get(*self.gates.get(&id)?)
    }

    /// A ticket type of the event.
    #[must_use]
    pub fn ticket_type(&self, id: TicketTypeId) -> Option<&TicketTypeInfo> {
        self.manifest.ticket_types.get(*self.types.get(&id)?)
    }

    /// A zone of the event.
    #[must_use]
    pub fn zone(&self, id: ZoneId) -> Option<&Zone> {
        self.manifest.zones.get(*self.zones.get(&id)?)
    }

    /// What is behind a gate: its zone, or (`None`) the event as a whole. No
    /// gate, and a gate that was removed, lead into the event as a whole.
    #[must_use]
    pub fn place_of(&self, gate: Option<GateId>) -> Option<ZoneId> {
        self.gate(gate?)?.zone
    }

    /// The zones around `zone`, from the inside to the outside.
    pub(crate) fn around(&self, zone: ZoneId) -> impl Iterator<Item = ZoneId> {
        let parent = |zone: &ZoneId| self.zone(*zone)?.parent;
        std::iter::successors(parent(&zone), parent)
    }

    /// The nearest zone around `zone` that has a gate of its own: being inside
    /// it is asked of whoever enters `zone`.
    pub(crate) fn asked_before(&self, zone: ZoneId) -> Option<&Zone> {
        let outer = self.around(zone).find(|outer| self.gated.contains(outer))?;
        self.zone(outer)
    }

    pub(crate) fn re_entry(&self, ticket_type: TicketTypeId) -> ReEntry {
        self.ticket_type(ticket_type)
            .and_then(|info| info.admission.re_entry)
            .unwrap_or(self.manifest.policy.re_entry)
    }

    pub(crate) fn rules_for(&self, ticket_type: TicketTypeId) -> impl Iterator<Item = &EntryRule> {
        self.manifest.rules.iter().filter(move |rule| {
            rule.ticket_types.is_empty() || rule.ticket_types.contains(&ticket_type)
        })
    }

    /// A point in time as the clocks at the event show it.
    pub(crate) fn local(&self, at: Timestamp) -> jiff::civil::DateTime {
        let (first, last) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
        let ms = at.0.clamp(first.as_millisecond(), last.as_millisecond());
        let instant = jiff::Timestamp::from_millisecond(ms).unwrap_or(last);
        self.timezone.to_datetime(instant)
    }
}

fn index<T, K: Ord>(items: &[T], key: impl Fn(&T) -> K) -> BTreeMap<K, usize> {
    items
        .iter()
        .enumerate()
        .map(|(at, item)| (key(item), at))
        .collect()
}
