//! The format of the scenario files. Everything is written by name; unknown
//! fields are refused.
//!
//! Times are local to the event: `18:00`, `18:00:05`, `18:00:00.010` on the first
//! day, `2/10:00` on the second, `0/12:00` on the day before the first.
//!
//! A step does exactly one thing (`scan`, `info`, `hold`, `admit`, `override`,
//! `undo`, `search`, `sync`, `change`, `revoke`, `wipe`, `copy`, `restore`,
//! `dialog`, `fault`) and says what must come of it. Devices begin enrolled and in
//! sync, at the gate North, offline, for entry; a step's `gate` and `direction`
//! hold for that step alone.

use gateline_common::catalog::{OverridePolicy, ReEntry};
use gateline_common::decision::Direction;
use gateline_common::sync::{KeyState, TicketStatus};
use serde::Deserialize;
use std::collections::BTreeMap;

/// A file of scenarios.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// They.
    pub scenario: Vec<Scenario>,
}

/// One scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What must hold, as a sentence.
    pub name: String,
    /// What differs from `world.toml`; a section given here replaces it whole.
    #[serde(default)]
    pub world: WorldPatch,
    /// Tickets, by name.
    #[serde(default)]
    pub tickets: BTreeMap<String, Ticket>,
    /// Further valid listed tickets without a name: how long the list is.
    #[serde(default)]
    pub more_tickets: u32,
    /// What happens.
    pub steps: Vec<Step>,
    /// What the organizer's report must say in the end.
    pub report: Option<Report>,
    /// Drivers to which this cannot apply, and why.
    #[serde(default)]
    pub not_on: BTreeMap<String, String>,
}

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

/// A ticket.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ticket {
    #[serde(rename = "type")]
    pub ticket_type: String,
    pub epoch: u16,
    pub status: TicketStatus,
    pub name: Option<String>,
    pub seat: Option<String>,
    pub order_code: String,
    pub note: Option<String>,
    /// Is it on the list that the devices begin with?
    pub listed: bool,
    /// Does the server know it? (One that was forged under a leaked key it does
    /// not.) What is issued and not listed was sold after the last exchange.
    pub issued: bool,
}

impl Default for Ticket {
    fn default() -> Self {
        Self {
            ticket_type: "Day".into(),
            epoch: 0,
            status: TicketStatus::Valid,
            name: None,
            seat: None,
            order_code: "ORDER1".into(),
            note: None,
            listed: true,
            issued: true,
        }
    }
}

/// What is held in front of the scanner: the name of a ticket (its plain code,
/// as it was issued), or the details.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub enum Code {
    Ticket(String),
    Made(Box<MadeCode>),
}

/// A code in detail. Without `ticket` it is `text` as it stands.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MadeCode {
    pub ticket: Option<String>,
    pub text: Option<String>,
    /// The owner epoch in it, if not the ticket's.
    pub epoch: Option<u16>,
    /// The type in it, if not the ticket's.
    #[serde(rename = "type")]
    pub ticket_type: Option<String>,
    /// Who signed it; `current` if not given.
    pub key: Option<String>,
    /// The key id in it, if not that key's.
    pub key_id: Option<u8>,
    /// `ball` (the organizer's other event) or `stranger`.
    pub event: Option<String>,
    /// The last day of its outer validity, in days after the first day.
    pub not_after_day: Option<i64>,
    /// The bit to flip in its bytes.
    pub flip_bit: Option<usize>,
    /// Bytes to cut off its end.
    pub cut: Option<usize>,
    /// Bytes (zeros) to append.
    pub append: Option<usize>,
    /// `french` or `belgian`.
    pub keyboard: Option<String>,
    /// What the hand scanner puts in front.
    pub prefix: Option<String>,
    /// Bound to the key of this phone.
    pub phone: Option<String>,
    /// When the phone (or another one, `proven_by`) made the proof.
    pub proven_at: Option<String>,
    pub proven_by: Option<String>,
}

/// One step.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Step {
    /// When, by a right clock.
    pub at: String,
    /// Which device; `A` if not given.
    pub device: Option<String>,
    /// `none` is no gate chosen.
    pub gate: Option<String>,
    pub direction: Option<Direction>,
    /// Does the device reach the server (`yes`), or too late (`late`)?
    pub online: Online,
    /// How many minutes the device's clock is ahead.
    pub clock_minutes: i64,

    /// A code is scanned.
    pub scan: Option<Code>,
    /// A code is looked up: nothing is logged.
    pub info: Option<Code>,
    /// A code is held in front of the camera for so many `frames`.
    pub hold: Option<Code>,
    pub frames: u32,
    /// A ticket is admitted from a search result.
    pub admit: Option<String>,
    /// The last refusal at this device is overridden.
    #[serde(rename = "override")]
    pub overridden: Option<Override>,
    /// The last scan at this device is taken back.
    pub undo: bool,
    /// The list is searched.
    pub search: Option<String>,
    /// The device exchanges with the server.
    pub sync: Option<Sync>,
    /// Something changes at the server.
    pub change: Option<Change>,
    /// The organizer revokes the device.
    pub revoke: bool,
    /// The device loses its store and is enrolled again.
    pub wipe: bool,
    /// The device's store is copied.
    pub copy: bool,
    /// The copy is put in place of the store.
    pub restore: bool,
    /// A dialog opens or closes over the camera picture.
    pub dialog: Option<bool>,
    /// Something is wrong from here on between device and server.
    pub fault: Option<Fault>,

    /// `entry`, `re_entry`, `exit`, `unlisted`, or the name of a refusal.
    pub answer: Option<String>,
    /// What the refusal must name.
    pub details: Option<Details>,
    /// Was it shown as confirmed by the server?
    pub confirmed: Option<bool>,
    /// The override is not accepted: `forbidden`, `not_waivable`, `no_reason`,
    /// `no_pin`.
    pub not_accepted: Option<String>,
    /// The tickets that a search finds.
    pub found: Option<Vec<String>>,
    /// The note that staff must see.
    pub note: Option<String>,
    /// Scans in the device's log after this step.
    pub logged: Option<u64>,
    /// The exchange fails.
    pub sync_fails: bool,
}

/// Does a scan reach the server?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Online {
    #[default]
    No,
    /// In time.
    Yes,
    /// After the deadline: the device shows its own answer.
    Late,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    #[serde(default)]
    pub reason: String,
    pub pin: Option<String>,
}

/// An exchange with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sync {
    /// Log up, list and manifest down.
    Full,
    /// The same batch goes up twice, as after a lost answer.
    Twice,
    /// The first half of the waiting records arrives, then the connection breaks.
    Half,
    /// As `full`, after the device has logged a record of a version that the
    /// server does not read.
    Unreadable,
}

/// A change at the server.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Change {
    pub ticket: Option<String>,
    pub status: Option<TicketStatus>,
    pub epoch: Option<u16>,
    #[serde(rename = "type")]
    pub ticket_type: Option<String>,
    /// New rules, gates, policy, keys.
    pub world: WorldPatch,
}

/// Between device and server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    None,
    /// Nothing answers.
    Down,
    /// 200 with HTML.
    CaptivePortal,
    /// Every answer is a 500.
    ServerError,
    /// The certificate is another one.
    WrongCertificate,
    /// Two seconds per round trip.
    Slow,
    /// The list's download breaks in the middle.
    CutDownload,
    /// The list changes while it is downloaded.
    ListChanges,
    /// The server is restarted while the list is downloaded.
    Restart,
    /// The device's cursor is from a restored backup of the server.
    ForeignCursor,
}

/// What a refusal must name; what is not given is not compared.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Details {
    /// Already admitted: when.
    pub at: Option<String>,
    /// Already admitted: the device.
    pub device: Option<String>,
    /// Already admitted: the gate. Wrong gate: the only one that takes it.
    pub gate: Option<String>,
    /// The rule's words.
    pub rule: Option<String>,
    /// The other event's title; empty for "not known".
    pub title: Option<String>,
    /// Not valid before.
    pub from: Option<String>,
    /// Not valid after.
    pub until: Option<String>,
}

/// What the organizer's report must say.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Report {
    /// Ticket → device whose admission counts.
    pub counted: BTreeMap<String, String>,
    /// All conflicts, by ticket and in order of time.
    pub conflicts: Vec<Conflict>,
    pub wrongly_refused: Vec<String>,
    /// Devices with forked logs.
    pub forks: Vec<String>,
    /// Quarantined records per device.
    pub quarantined: BTreeMap<String, usize>,
    pub overruns: usize,
    pub withdrawn: u64,
    pub undone: u64,
    /// Everybody let through, in and out.
    pub admitted: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Conflict {
    pub ticket: String,
    pub cause: gateline_admission::reconcile::Cause,
    /// The device whose admission counts.
    pub counted: Option<String>,
    /// The device of the other record.
    pub other: String,
    pub provable: Option<bool>,
}
