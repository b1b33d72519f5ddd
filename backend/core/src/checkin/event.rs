//! What check-in keeps of an event, put together from the facts of events and
//! tickets as they arrive, in any order.
//!
//! Always true: the rules version rises with every change of what a gate is told
//! about the event, and every version is kept, because reconciliation judges a
//! scan by the rules that its gate had. Every version can be decided by.

use gateline_admission::EventRules;
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
    /// What gates are told: the newest that can be decided by. `None` while its
    /// own facts, or those of what they name, are missing.
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

    /// Do gates get it? A cancelled one too: they must say why they refuse.
    #[must_use]
    pub fn is_open(&self) -> bool {
        let status = self.facts.as_ref().map(|known| known.facts.status);
        let told = matches!(
            status,
            Some(EventStatus::Published | EventStatus::Cancelled)
        );
        told && self.manifest.is_some()
    }

    /// Was it called off?
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let status = self.facts.as_ref().map(|known| known.facts.status);
        status == Some(EventStatus::Cancelled)
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
        // Facts come in any order: what names a type that was not heard of yet
        // waits for it, and gates go on by what they have.
        let usable = self
            .build(version)
            .filter(|m| EventRules::compile(m).is_ok());
        // That it is called off does not wait for anything.
        let cancelled = self.is_cancelled();
        let held = before.manifest.clone().map(|held| EventManifest {
            cancelled: cancelled || held.cancelled,
            ..held
        });
        let mut manifest = usable.or(held);
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
            cancelled: self.is_cancelled(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use gateline_common::catalog::{Condition, EntryPolicy, EntryRule, TypeAdmission};
    use gateline_common::ids::{OrgId, RuleId};
    use gateline_common::{Currency, Money, Timestamp};
    use proptest::prelude::*;

    const EVENT: EventId = EventId(7);
    const ADULT: TicketTypeId = TicketTypeId(1);
    const CHILD: TicketTypeId = TicketTypeId(2);

    /// Facts of some version; an event's name a type.
    #[derive(Debug, Clone, Copy)]
    enum Heard {
        Event(u64, TicketTypeId),
        Type(u64, TicketTypeId),
    }

    const ALL: [Heard; 6] = [
        Heard::Event(1, ADULT),
        Heard::Event(2, CHILD),
        Heard::Type(1, ADULT),
        Heard::Type(2, ADULT),
        Heard::Type(1, CHILD),
        Heard::Type(3, CHILD),
    ];

    fn facts(named: TicketTypeId) -> EventFacts {
        EventFacts {
            event: EVENT,
            org: OrgId(uuid::Uuid::nil()),
            title: "Fair".into(),
            place: "Harbour".into(),
            timezone: "Europe/Berlin".into(),
            starts_at: Timestamp(0),
            ends_at: Timestamp(1_000),
            status: EventStatus::Published,
            gates: vec![],
            zones: vec![],
            rules: vec![EntryRule {
                id: RuleId(1),
                name: "once".into(),
                ticket_types: vec![named],
                condition: Condition::EntriesAtMost(1),
            }],
            policy: EntryPolicy::default(),
            supervisor_pin: None,
        }
    }

    fn kind(id: TicketTypeId, version: u64) -> TicketTypeFacts {
        TicketTypeFacts {
            event: EVENT,
            ticket_type: id,
            org: OrgId(uuid::Uuid::nil()),
            name: format!("Type {id}, version {version}"),
            price: Money::new(100, Currency::EUR),
            limit: 10,
            max_per_order: 2,
            sale_starts: None,
            sale_ends: None,
            deleted: false,
            admission: TypeAdmission::default(),
        }
    }

    fn hear(state: EventState, heard: Heard) -> EventState {
        let before = state.clone();
        let changed = match heard {
            Heard::Event(version, named) => state.with_facts(version, &facts(named)),
            Heard::Type(version, id) => state.with_type(version, &kind(id, version)),
        };
        changed.map_or(before, |(state, _)| state)
    }

    #[test]
    fn rules_that_name_a_type_not_heard_of_yet_wait_for_it() {
        let early = hear(EventState::unknown(EVENT), Heard::Event(1, ADULT));
        assert!(early.manifest.is_none() && !early.is_open());
        let known = hear(early, Heard::Type(1, ADULT));
        let manifest = known.manifest.as_ref().expect("it can be decided by");
        assert_eq!(manifest.rules_version, 1);
        // A change that names what comes later leaves the gates what they have.
        let ahead = hear(known.clone(), Heard::Event(2, CHILD));
        assert_eq!(ahead.manifest, known.manifest);
        let whole = hear(ahead, Heard::Type(1, CHILD));
        let manifest = whole.manifest.expect("it can be decided by");
        assert_eq!(manifest.rules[0].ticket_types, [CHILD]);
        assert_eq!(manifest.rules_version, 2);
    }

    proptest! {
        #[test]
        fn facts_in_any_order_and_repetition_come_to_the_same_rules_and_each_can_be_decided_by(
            order in Just(ALL.to_vec()).prop_shuffle(),
            again in prop::collection::vec(0..ALL.len(), 0..6),
        ) {
            let repeated = again.into_iter().map(|index| ALL[index]);
            let mut state = EventState::unknown(EVENT);
            for heard in order.into_iter().chain(repeated) {
                state = hear(state, heard);
                if let Some(manifest) = &state.manifest {
                    prop_assert!(EventRules::compile(manifest).is_ok());
                }
            }
            let mut manifest = state.manifest.expect("everything is known");
            manifest.rules_version = 0;
            let in_order = ALL.into_iter().fold(EventState::unknown(EVENT), hear);
            let mut expected = in_order.manifest.expect("everything is known");
            expected.rules_version = 0;
            prop_assert_eq!(manifest, expected);
        }
    }
}
