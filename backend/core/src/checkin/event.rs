//! What check-in keeps of an event, put together from the facts of events and
//! tickets as they arrive, in any order.
//!
//! Always true: the rules version rises with every change of what a gate is told
//! about the event, and every version is kept, because reconciliation judges a
//! scan by the rules that its gate had.

use gateline_common::bus::{EventFacts, EventStatus, TicketTypeFacts};
use gateline_common::ids::{EventId, OrgId, TicketTypeId};
use gateline_common::sync::{EventKey, EventManifest, TicketTypeInfo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Facts and the version of their aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Versioned<T> {
    /// The version.
    pub version: u64,
    /// The facts.
    pub facts: T,
}

/// An event, as far as its facts have arrived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventState {
    /// Which.
    pub event: EventId,
    /// Its own facts.
    pub facts: Option<Versioned<EventFacts>>,
    /// Its ticket types.
    pub types: BTreeMap<TicketTypeId, Versioned<TicketTypeFacts>>,
    /// Its keys.
    pub keys: Option<Versioned<Vec<EventKey>>>,
    /// What gates are told; `None` while its own facts are missing.
    pub manifest: Option<EventManifest>,
    /// For conditional saving.
    pub version: u64,
}

/// What a change of an event means for others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EventChange {
    /// There are new rules to keep.
    pub rules: bool,
    /// The organization's manifest shows something else.
    pub manifest: bool,
    /// Devices may hold more or less of the list: it is to be read anew.
    pub list: bool,
}

impl EventState {
    /// An event of which nothing is known yet.
    #[must_use]
    pub const fn unknown(event: EventId) -> Self {
        Self {
            event,
            facts: None,
            types: BTreeMap::new(),
            keys: None,
            manifest: None,
            version: 0,
        }
    }

    /// Its organization, once its facts are known.
    #[must_use]
    pub fn org(&self) -> Option<OrgId> {
        self.facts.as_ref().map(|known| known.facts.org)
    }

    /// Do gates get it?
    #[must_use]
    pub fn is_open(&self) -> bool {
        let status = self.facts.as_ref().map(|known| known.facts.status);
        status == Some(EventStatus::Published) && self.manifest.is_some()
    }

    /// Takes the event's own facts, if they are newer.
    #[must_use]
    pub fn with_facts(mut self, version: u64, facts: &EventFacts) -> Option<(Self, EventChange)> {
        let facts = newer(self.facts.as_ref(), version, facts)?;
        let before = self.clone();
        self.facts = Some(facts);
        Some(self.changed_from(&before))
    }

    /// Takes the facts of a ticket type, if they are newer.
    #[must_use]
    pub fn with_type(
        mut self,
        version: u64,
        facts: &TicketTypeFacts,
    ) -> Option<(Self, EventChange)> {
        let id = facts.ticket_type;
        let facts = newer(self.types.get(&id), version, facts)?;
        let before = self.clone();
        self.types.insert(id, facts);
        Some(self.changed_from(&before))
    }

    /// Takes the event's keys, if they are newer.
    #[must_use]
    pub fn with_keys(mut self, version: u64, keys: &Vec<EventKey>) -> Option<(Self, EventChange)> {
        let keys = newer(self.keys.as_ref(), version, keys)?;
        let before = self.clone();
        self.keys = Some(keys);
        Some(self.changed_from(&before))
    }

    /// The name of one of its ticket types, also of a deleted one.
    #[must_use]
    pub fn type_name(&self, ticket_type: TicketTypeId) -> Option<&str> {
        let known = self.types.get(&ticket_type)?;
        Some(&known.facts.name)
    }

    fn changed_from(mut self, before: &Self) -> (Self, EventChange) {
        let version = before.manifest.as_ref().map_or(0, |m| m.rules_version);
        let mut manifest = self.build(version);
        let rules = manifest != before.manifest;
        if rules && let Some(manifest) = &mut manifest {
            manifest.rules_version = version + 1;
        }
        self.manifest = manifest;
        let shown = |state: &Self| state.is_open().then(|| state.manifest.clone()).flatten();
        let held = |state: &Self| {
            let policy = &state.manifest.as_ref()?.policy;
            Some((policy.names_on_devices, policy.seats_on_devices))
        };
        let change = EventChange {
            rules,
            manifest: shown(&self) != shown(before),
            list: before.manifest.is_some() && held(&self) != held(before),
        };
        (self, change)
    }

    fn build(&self, rules_version: u64) -> Option<EventManifest> {
        let facts = &self.facts.as_ref()?.facts;
        let types = self.types.values().map(|known| &known.facts);
        Some(EventManifest {
            event: self.event,
            title: facts.title.clone(),
            timezone: facts.timezone.clone(),
            starts_at: facts.starts_at,
            ends_at: facts.ends_at,
            rules_version,
            policy: facts.policy.clone(),
            supervisor_pin: facts.supervisor_pin,
            keys: self
                .keys
                .as_ref()
                .map_or_else(Vec::new, |k| k.facts.clone()),
            gates: facts.gates.clone(),
            zones: facts.zones.clone(),
            ticket_types: types
                .filter(|facts| !facts.deleted)
                .map(|facts| TicketTypeInfo {
                    id: facts.ticket_type,
                    name: facts.name.clone(),
                    admission: facts.admission.clone(),
                })
                .collect(),
            rules: facts.rules.clone(),
        })
    }
}

fn newer<T: Clone>(held: Option<&Versioned<T>>, version: u64, facts: &T) -> Option<Versioned<T>> {
    if held.is_some_and(|held| held.version >= version) {
        return None;
    }
    Some(Versioned {
        version,
        facts: facts.clone(),
    })
}
