//! The world of a scenario: event, policy, keys, gates, zones, types and rules.

use gateline_common::catalog::{OverridePolicy, ReEntry};
use gateline_common::sync::KeyState;
use serde::Deserialize;

/// The world of all scenarios.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct World {
    /// The event's title.
    pub title: String,
    /// IANA time zone.
    pub timezone: String,
    /// The first day.
    pub day: String,
    /// Begin and end.
    pub starts: String,
    /// End.
    pub ends: String,
    /// Was it called off?
    #[serde(default)]
    pub cancelled: bool,
    /// Policy.
    #[serde(default)]
    pub policy: Policy,
    /// The supervisor's PIN.
    pub pin: Option<String>,
    /// Verifying keys; a code may be signed by any name, listed here or not.
    pub keys: Vec<Key>,
    /// Gates, ids 1, 2, 3, …
    pub gates: Vec<Gate>,
    /// Zones, ids 1, 2, 3, …
    pub zones: Vec<Zone>,
    /// Ticket types, ids 1, 2, 3, …
    pub types: Vec<TicketType>,
    /// Rules, ids 1, 2, 3, …
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// Sections that a scenario (or a change in it) replaces.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct WorldPatch {
    pub timezone: Option<String>,
    pub day: Option<String>,
    pub cancelled: Option<bool>,
    pub policy: Option<Policy>,
    pub keys: Option<Vec<Key>>,
    pub gates: Option<Vec<Gate>>,
    pub zones: Option<Vec<Zone>>,
    pub types: Option<Vec<TicketType>>,
    pub rules: Option<Vec<Rule>>,
}

impl World {
    /// This world with the sections of `patch`.
    #[must_use]
    pub fn patched(&self, patch: &WorldPatch) -> Self {
        let mut world = self.clone();
        let patch = patch.clone();
        world.timezone = patch.timezone.unwrap_or(world.timezone);
        world.day = patch.day.unwrap_or(world.day);
        world.cancelled = patch.cancelled.unwrap_or(world.cancelled);
        world.policy = patch.policy.unwrap_or(world.policy);
        world.keys = patch.keys.unwrap_or(world.keys);
        world.gates = patch.gates.unwrap_or(world.gates);
        world.zones = patch.zones.unwrap_or(world.zones);
        world.types = patch.types.unwrap_or(world.types);
        world.rules = patch.rules.unwrap_or(world.rules);
        world
    }
}

/// How the event lets people in; what is left out is the product's default.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    pub admit_unlisted: Option<bool>,
    pub re_entry: ReEntry,
    pub doors_open: Option<String>,
    pub doors_close: Option<String>,
    pub capacity: Option<u32>,
    pub overrides: OverridePolicy,
}

/// A verifying key. Its seed follows from its name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    pub name: String,
    pub id: u8,
    pub state: KeyState,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    pub name: String,
    pub zone: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    pub name: String,
    pub parent: Option<String>,
    pub capacity: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TicketType {
    pub name: String,
    #[serde(default)]
    pub gates: Vec<String>,
    pub valid_from: Option<String>,
    pub valid_until: Option<String>,
    pub re_entry: Option<ReEntry>,
    pub max_entries: Option<u16>,
    pub max_entries_per_day: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub name: String,
    #[serde(default)]
    pub types: Vec<String>,
    pub when: Condition,
}

/// A condition, by name.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    GateIn(Vec<String>),
    TypeIn(Vec<String>),
    Between(String, String),
    /// `["22:00", "02:00"]`
    TimeOfDay(String, String),
    Weekday(Vec<u8>),
    EntriesAtMost(u16),
    EntriesTodayAtMost(u16),
    MinutesSinceLastEntryAtLeast(u32),
    MinutesSinceFirstEntryAtMost(u32),
}
