//! A scenario's world: manifest, list and keys, made from names.

use super::file;
use super::when::{Clock, minute_of_day};
use anyhow::{Context, anyhow};
use gateline_admission::supervisor_pin_hash;
use gateline_common::catalog::{Condition, EntryPolicy, EntryRule, Gate, TypeAdmission, Zone};
use gateline_common::ids::{
    Epoch, EventId, GateId, KeyId, OrgId, RuleId, Serial, TicketTypeId, ZoneId,
};
use gateline_common::sync::{
    EventKey, EventManifest, KeyState, ListedTicket, Manifest, TicketTypeInfo,
};
use gateline_common::{Hash, Timestamp};
use std::collections::BTreeMap;
use ticket_crypto::SigningKey;
use uuid::Uuid;

/// The event of the scenarios.
pub const EVENT: EventId = EventId(1001);
/// Another event of the same organizer.
pub const BALL: EventId = EventId(2002);
/// An event of somebody else.
pub const STRANGER: EventId = EventId(3003);

/// A scenario's world at its beginning.
#[derive(Debug, Clone)]
pub struct World {
    /// What devices hold: two events, the second only by title and key.
    pub manifest: Manifest,
    /// Every ticket that the server knows.
    pub tickets: BTreeMap<Serial, ListedTicket>,
    /// Those on the list that devices begin with.
    pub listed: BTreeMap<Serial, ListedTicket>,
    pub(super) names: BTreeMap<String, Serial>,
    pub(super) described: BTreeMap<String, file::Ticket>,
    pub(super) base: file::World,
    pub(super) clock: Clock,
}

/// The secret key with this name.
#[must_use]
pub fn secret_key(name: &str) -> SigningKey {
    SigningKey::from_seed(Hash::of(&[b"scenario key ", name.as_bytes()]).0)
}

impl World {
    pub(super) fn build(base: &file::World, text: &file::Scenario) -> anyhow::Result<Self> {
        let clock = Clock::new(&base.timezone, &base.day)?;
        let mut world = Self {
            manifest: manifest(base, &clock, 1)?,
            tickets: BTreeMap::new(),
            listed: BTreeMap::new(),
            names: BTreeMap::new(),
            described: text.tickets.clone(),
            base: base.clone(),
            clock,
        };
        for (at, (name, ticket)) in text.tickets.iter().enumerate() {
            let serial = Serial::truncate(0x0001_0000_0000 + at as u64);
            world.names.insert(name.clone(), serial);
            let listed = world.list_entry(ticket)?;
            if ticket.issued {
                world.tickets.insert(serial, listed.clone());
            }
            if ticket.listed {
                world.listed.insert(serial, listed);
            }
        }
        for more in 0..text.more_tickets {
            let serial = Serial::truncate(0x0002_0000_0000 + u64::from(more));
            let listed = world.list_entry(&file::Ticket::default())?;
            world.tickets.insert(serial, listed.clone());
            world.listed.insert(serial, listed);
        }
        Ok(world)
    }

    /// The event's manifest.
    #[must_use]
    pub fn event(&self) -> &EventManifest {
        &self.manifest.events[0]
    }

    /// The serial of a named ticket.
    ///
    /// # Errors
    /// If the scenario has no such ticket.
    pub fn serial(&self, name: &str) -> anyhow::Result<Serial> {
        self.names
            .get(name)
            .copied()
            .ok_or_else(|| anyhow!("no ticket is called {name:?}"))
    }

    /// The name of a ticket.
    #[must_use]
    pub fn ticket_name(&self, serial: Serial) -> Option<&str> {
        self.names
            .iter()
            .find(|(_, known)| **known == serial)
            .map(|(name, _)| name.as_str())
    }

    /// The gate with this name; `none` is none.
    ///
    /// # Errors
    /// If there is no such gate.
    pub fn gate(&self, name: &str) -> anyhow::Result<Option<GateId>> {
        if name == "none" {
            return Ok(None);
        }
        gate_id(&self.base, name).map(Some)
    }

    /// A time as the scenario writes it.
    ///
    /// # Errors
    /// If it is none.
    pub fn at(&self, text: &str) -> anyhow::Result<Timestamp> {
        self.clock.at(text)
    }

    /// The manifest after a change, one version higher than `before`.
    ///
    /// # Errors
    /// If the change names what does not exist.
    pub fn changed(
        &self,
        before: &Manifest,
        patches: &[file::WorldPatch],
    ) -> anyhow::Result<Manifest> {
        let base = patches
            .iter()
            .fold(self.base.clone(), |base, patch| base.patched(patch));
        manifest(&base, &self.clock, before.version + 1)
    }

    /// The list entry of a named ticket after a change.
    ///
    /// # Errors
    /// If the change names what does not exist.
    pub fn changed_ticket(
        &self,
        before: &ListedTicket,
        change: &file::Change,
    ) -> anyhow::Result<ListedTicket> {
        let mut after = before.clone();
        after.status = change.status.unwrap_or(after.status);
        after.epoch = change.epoch.map_or(after.epoch, Epoch);
        if let Some(name) = &change.ticket_type {
            after.ticket_type = type_id(&self.base, name)?;
        }
        Ok(after)
    }

    pub(super) fn type_id(&self, name: &str) -> anyhow::Result<TicketTypeId> {
        type_id(&self.base, name)
    }

    fn list_entry(&self, ticket: &file::Ticket) -> anyhow::Result<ListedTicket> {
        Ok(ListedTicket {
            ticket_type: type_id(&self.base, &ticket.ticket_type)?,
            epoch: Epoch(ticket.epoch),
            status: ticket.status,
            name: ticket.name.clone(),
            seat: ticket.seat.clone(),
            order_code: ticket.order_code.clone(),
            note: ticket.note.clone(),
        })
    }
}

fn manifest(base: &file::World, clock: &Clock, version: u64) -> anyhow::Result<Manifest> {
    let fair = event(base, clock, version)?;
    let key = EventKey {
        id: KeyId(1),
        key: secret_key("ball").public_key(),
        state: KeyState::Current,
    };
    let ball = EventManifest {
        event: BALL,
        title: "Winter Ball".into(),
        cancelled: false,
        keys: vec![key],
        rules: Vec::new(),
        ..fair.clone()
    };
    Ok(Manifest {
        version,
        org: OrgId(Uuid::from_u128(1)),
        org_name: "Open Fairs".into(),
        issued_at: fair.starts_at,
        events: vec![fair, ball],
        devices: Vec::new(),
    })
}

fn event(base: &file::World, clock: &Clock, rules_version: u64) -> anyhow::Result<EventManifest> {
    let numbered = |at: usize| u16::try_from(at + 1);
    let mut gates = Vec::new();
    for (at, gate) in base.gates.iter().enumerate() {
        let zone = gate
            .zone
            .as_ref()
            .map(|zone| zone_id(base, zone))
            .transpose()?;
        gates.push(Gate {
            id: GateId(numbered(at)?),
            name: gate.name.clone(),
            zone,
        });
    }
    let mut zones = Vec::new();
    for (at, zone) in base.zones.iter().enumerate() {
        let parent = zone
            .parent
            .as_ref()
            .map(|zone| zone_id(base, zone))
            .transpose()?;
        let (id, name) = (ZoneId(numbered(at)?), zone.name.clone());
        zones.push(Zone {
            id,
            name,
            parent,
            capacity: zone.capacity,
        });
    }
    let mut ticket_types = Vec::new();
    for (at, info) in base.types.iter().enumerate() {
        let (id, name) = (TicketTypeId(numbered(at)?), info.name.clone());
        ticket_types.push(TicketTypeInfo {
            id,
            name,
            admission: admission(base, clock, info)?,
        });
    }
    let mut rules = Vec::new();
    for (at, rule) in base.rules.iter().enumerate() {
        let ticket_types = rule.types.iter().map(|name| type_id(base, name));
        rules.push(EntryRule {
            id: RuleId(numbered(at)?),
            name: rule.name.clone(),
            ticket_types: ticket_types.collect::<Result<_, _>>()?,
            condition: condition(base, clock, &rule.when).context(rule.name.clone())?,
        });
    }
    let keys = base.keys.iter().map(|key| EventKey {
        id: KeyId(key.id),
        key: secret_key(&key.name).public_key(),
        state: key.state,
    });
    Ok(EventManifest {
        event: EVENT,
        title: base.title.clone(),
        timezone: base.timezone.clone(),
        starts_at: clock.at(&base.starts)?,
        ends_at: clock.at(&base.ends)?,
        cancelled: base.cancelled,
        rules_version,
        policy: policy(&base.policy, clock)?,
        supervisor_pin: base.pin.as_ref().map(|pin| supervisor_pin_hash(EVENT, pin)),
        keys: keys.collect(),
        gates,
        zones,
        ticket_types,
        rules,
    })
}

fn policy(policy: &file::Policy, clock: &Clock) -> anyhow::Result<EntryPolicy> {
    let product = EntryPolicy::default();
    Ok(EntryPolicy {
        admit_unlisted: policy.admit_unlisted.unwrap_or(product.admit_unlisted),
        re_entry: policy.re_entry,
        doors_open: clock.maybe(policy.doors_open.as_ref())?,
        doors_close: clock.maybe(policy.doors_close.as_ref())?,
        capacity: policy.capacity,
        overrides: policy.overrides,
        ..product
    })
}

fn admission(
    base: &file::World,
    clock: &Clock,
    info: &file::TicketType,
) -> anyhow::Result<TypeAdmission> {
    let gates = info.gates.iter().map(|name| gate_id(base, name));
    Ok(TypeAdmission {
        gates: gates.collect::<Result<_, _>>()?,
        valid_from: clock.maybe(info.valid_from.as_ref())?,
        valid_until: clock.maybe(info.valid_until.as_ref())?,
        re_entry: info.re_entry,
        max_entries: info.max_entries,
        max_entries_per_day: info.max_entries_per_day,
    })
}

fn condition(
    base: &file::World,
    clock: &Clock,
    text: &file::Condition,
) -> anyhow::Result<Condition> {
    use file::Condition as Text;
    let parts = |parts: &[Text]| -> anyhow::Result<Vec<Condition>> {
        parts
            .iter()
            .map(|part| condition(base, clock, part))
            .collect()
    };
    Ok(match text {
        Text::All(all) => Condition::All(parts(all)?),
        Text::Any(any) => Condition::Any(parts(any)?),
        Text::Not(not) => Condition::Not(Box::new(condition(base, clock, not)?)),
        Text::GateIn(names) => {
            let gates = names.iter().map(|name| gate_id(base, name));
            Condition::GateIn(gates.collect::<Result<_, _>>()?)
        }
        Text::TypeIn(names) => {
            let types = names.iter().map(|name| type_id(base, name));
            Condition::TypeIn(types.collect::<Result<_, _>>()?)
        }
        Text::Between(from, until) => Condition::Between(clock.at(from)?, clock.at(until)?),
        Text::TimeOfDay(from, until) => {
            Condition::TimeOfDay(minute_of_day(from)?, minute_of_day(until)?)
        }
        Text::Weekday(days) => Condition::Weekday(days.clone()),
        Text::EntriesAtMost(most) => Condition::EntriesAtMost(*most),
        Text::EntriesTodayAtMost(most) => Condition::EntriesTodayAtMost(*most),
        Text::MinutesSinceLastEntryAtLeast(least) => {
            Condition::MinutesSinceLastEntryAtLeast(*least)
        }
        Text::MinutesSinceFirstEntryAtMost(most) => Condition::MinutesSinceFirstEntryAtMost(*most),
    })
}

fn gate_id(base: &file::World, name: &str) -> anyhow::Result<GateId> {
    number(base.gates.iter().map(|gate| &gate.name), name).map(GateId)
}

fn zone_id(base: &file::World, name: &str) -> anyhow::Result<ZoneId> {
    number(base.zones.iter().map(|zone| &zone.name), name).map(ZoneId)
}

fn type_id(base: &file::World, name: &str) -> anyhow::Result<TicketTypeId> {
    // A type that no list has stands for one that was deleted.
    if name == "deleted" {
        return Ok(TicketTypeId(999));
    }
    number(base.types.iter().map(|info| &info.name), name).map(TicketTypeId)
}

fn number<'a>(mut names: impl Iterator<Item = &'a String>, name: &str) -> anyhow::Result<u16> {
    let at = names
        .position(|known| known == name)
        .ok_or_else(|| anyhow!("there is no {name:?}"))?;
    Ok(u16::try_from(at + 1)?)
}
