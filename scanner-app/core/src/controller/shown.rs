//! What the controller shows: plain data for a window, a terminal or a test.
//! Everything here is serialised as it stands (snake_case); times are UTC
//! milliseconds. Nothing here decides anything.

use super::HookTrouble;
use super::names::{Names, Step};
use super::warning::Warning;
use crate::store::StoreKeyPlace;
use gateline_common::Timestamp;
use gateline_common::decision::{Answer, Direction};
use gateline_common::ids::{DeviceId, EventId, GateId, Serial};
use gateline_common::sync::TicketStatus;
use serde::{Deserialize, Serialize};

/// Did the server take part in an answer?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// The server decided, over all devices' scans.
    Confirmed,
    /// An admission that the server was not asked about, or not in time.
    Unconfirmed,
    /// A refusal, or an answer that needs no one else.
    NotAsked,
}

/// One scan, as staff see it. It is on disk before it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ScanShown {
    /// When, by the device's clock corrected by its last comparison.
    pub at: Timestamp,
    /// The number of its record in this device's log.
    pub seq: u64,
    /// Green or red, and why.
    pub answer: Answer,
    /// One or two words in large letters.
    pub headline: String,
    /// The sentence that staff read.
    pub words: String,
    /// Whether the server took part.
    pub confirmation: Confirmation,
    /// The ticket, when one was recognised.
    pub ticket: Option<TicketShown>,
    /// What staff may do next, in words.
    pub next: Vec<String>,
    /// The same for a screen that has its own words.
    pub steps: Vec<Step>,
    /// What the answer speaks of, by name.
    pub names: Names,
    /// May staff override this refusal, and what does it take?
    pub override_needs: Option<OverrideNeeds>,
    /// The gate that was chosen.
    pub gate_name: Option<String>,
    /// Which way.
    pub direction: Direction,
    /// From the text to the record on disk, without the wait for the server,
    /// in milliseconds, to a tenth.
    pub decided_ms: f64,
}

/// What an override takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum OverrideNeeds {
    /// A reason in words.
    Reason,
    /// A reason and the supervisor's PIN.
    ReasonAndPin,
}

/// What staff see of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TicketShown {
    /// Its serial.
    pub serial: Serial,
    /// The name of its type.
    pub type_name: String,
    /// The attendee, if the event allows names on devices.
    pub name: Option<String>,
    /// The seat, if the event allows seats on devices.
    pub seat: Option<String>,
    /// The short code of its order.
    pub order_code: Option<String>,
    /// A note that staff must see.
    pub note: Option<String>,
}

/// A ticket found by a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct TicketFound {
    /// The ticket.
    pub ticket: TicketShown,
    /// Whether it stands.
    pub status: TicketStatus,
    /// When its holder last came in or went out, as far as this device knows.
    pub last_passage: Option<PassageShown>,
}

/// One passage of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct PassageShown {
    /// When.
    pub at: Timestamp,
    /// In or out.
    pub direction: Direction,
    /// The gate's name.
    pub gate_name: Option<String>,
    /// The device's name.
    pub device_name: String,
}

/// What an info scan shows. It burns nothing and is not logged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct InfoShown {
    /// What a scan would answer now.
    pub answer: Answer,
    /// One or two words in large letters.
    pub headline: String,
    /// The sentence that staff would read.
    pub words: String,
    /// What the answer speaks of, by name.
    pub names: Names,
    /// The ticket, when one was recognised.
    pub ticket: Option<TicketShown>,
    /// Its passages that this device knows, oldest first.
    pub passages: Vec<PassageShown>,
}

/// An undone scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct UndoShown {
    /// The record that takes it back.
    pub seq: u64,
    /// The record that was taken back.
    pub undone: u64,
    /// Its ticket.
    pub serial: Option<Serial>,
    /// The sentence that staff read.
    pub words: String,
}

/// An event that the gate can be set to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct EventShown {
    /// The event.
    pub event: EventId,
    /// Its title.
    pub title: String,
    /// IANA name of its time zone.
    pub timezone: String,
    /// Begin.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// Its gates.
    pub gates: Vec<GateShown>,
    /// Tickets of it on this device.
    pub tickets: u64,
    /// Has the whole list arrived?
    pub complete: bool,
}

/// A gate of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct GateShown {
    /// The gate.
    pub gate: GateId,
    /// Its name.
    pub name: String,
}

/// Who this device is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Enrolled {
    /// The enrolment.
    pub device: DeviceId,
    /// What staff call the device.
    pub name: String,
    /// The organization.
    pub org_name: String,
    /// The server.
    pub server: String,
}

/// Where the gate stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Chosen {
    /// The event.
    pub event: EventId,
    /// Its title.
    pub title: String,
    /// The gate; `None` if none was chosen.
    pub gate: Option<GateId>,
    /// Its name.
    pub gate_name: Option<String>,
    /// Which way.
    pub direction: Direction,
}

/// The state of the connection to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// No exchange since the app started.
    NotYet,
    /// The last exchange succeeded.
    Online,
    /// The last exchange failed; `trouble` says how. Scanning goes on.
    Offline,
    /// The server revoked this device.
    Revoked,
}

/// A failed exchange, for programs and for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Trouble {
    /// One of the codes that [`crate::sync::SyncError`] documents.
    pub code: String,
    /// What staff read.
    pub message: String,
}

/// The line that is always in sight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct StatusLine {
    /// Who this device is; `None` before it was enrolled.
    pub enrolled: Option<Enrolled>,
    /// Where the gate stands.
    pub chosen: Option<Chosen>,
    /// The connection.
    pub link: Link,
    /// What is wrong with it.
    pub trouble: Option<Trouble>,
    /// When the server last answered (device's clock).
    pub last_contact_at: Option<Timestamp>,
    /// Milliseconds since.
    pub last_contact_age_ms: Option<u64>,
    /// Would an admission be confirmed with the server now?
    pub confirming: bool,
    /// The list of the chosen event.
    pub list: Option<ListShown>,
    /// Scans that the server does not have yet.
    pub scans_waiting: u64,
    /// Scans in this device's log.
    pub scans_logged: u64,
    /// Records that the server keeps without counting them.
    pub scans_quarantined: u64,
    /// Server time minus device time, milliseconds, as last measured.
    pub clock_offset_ms: i64,
    /// Half the round trip of that measurement; `None` if never measured.
    pub clock_uncertainty_ms: Option<u32>,
    /// Tickets that this gate would admit and another one could have admitted
    /// without this one knowing; 0 while admissions are confirmed.
    pub exposure: Option<u64>,
    /// Is the app locked? Then only its PIN opens it, and syncing goes on.
    pub locked: bool,
    /// Has this device a PIN of its own?
    pub lock_pin_set: bool,
    /// Where the key of the local store lives.
    pub store_key: StoreKeyPlace,
    /// Why the program that is run for each admission did not do its work.
    pub hook_trouble: Option<HookTrouble>,
    /// What a supervisor must know (a forked log, a reset clock, …).
    pub warnings: Vec<Warning>,
}

/// The attendee list of one event on this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ListShown {
    /// Tickets on it.
    pub tickets: u64,
    /// Has it been read to its end?
    pub complete: bool,
    /// When it was last known to be up to date (device's clock).
    pub as_of: Option<Timestamp>,
    /// Milliseconds since.
    pub age_ms: Option<u64>,
    /// Tickets whose holders are inside, as far as this device knows.
    pub inside: u64,
}

/// What one sync did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct SyncSummary {
    /// Did it end with everything sent and every list up to date?
    pub complete: bool,
    /// What went wrong, if something did.
    pub trouble: Option<Trouble>,
    /// Records sent and taken.
    pub records_sent: u64,
    /// Scans still waiting.
    pub scans_waiting: u64,
    /// Records that the server keeps without counting them.
    pub quarantined: u64,
    /// Feed entries read.
    pub entries_read: u64,
    /// The manifest's version now.
    pub manifest_version: u64,
    /// Server time minus device time, milliseconds.
    pub clock_offset_ms: i64,
}

/// A grey picture for the preview.
#[derive(Debug, Clone, Copy)]
pub struct Preview<'a> {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// `width * height` bytes, row by row, 0 = black.
    pub grey: &'a [u8],
}

/// The shell around the controller: a window, a terminal or a recorder in a
/// test. Its methods return at once; the controller never waits for it.
pub trait GuiIntegration: Send + Sync + 'static {
    /// A scan was decided (and, for an admission, confirmed or not).
    fn shown(&self, scan: &ScanShown);
    /// A code was looked up, and nothing was scanned.
    fn informed(&self, _info: &InfoShown) {}
    /// Something in the status line changed.
    fn status(&self, line: &StatusLine);
    /// The camera saw this.
    fn frame(&self, _preview: Preview<'_>) {}
}
