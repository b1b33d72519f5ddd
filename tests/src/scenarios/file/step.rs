//! What happens, and what must come of it.

use super::ticket::Code;
use super::world::WorldPatch;
use gateline_common::decision::Direction;
use gateline_common::sync::TicketStatus;
use serde::Deserialize;
use std::collections::BTreeMap;

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
