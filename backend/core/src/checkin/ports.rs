//! The store of check-in. It keeps records and documents; what they mean is
//! decided by the pure functions of this folder.
//!
//! Promised by every adapter: each writing method stores all of its arguments
//! and its commit in one transaction, or nothing. Reads see whatever was
//! answered before. A page of the feed never skips a change that was stored
//! before it was read.

use super::device::{Device, Enrolment};
use super::event::EventState;
use super::exposure::Contact;
use super::figures::{Deltas, Figures};
use super::log::{LogHead, StoredBatch, StoredRecord};
use super::organization::Organization;
use super::ticket::{TicketKey, TicketState};
use crate::shared::{Commit, StoreError};
use async_trait::async_trait;
use gateline_common::decision::Answer;
use gateline_common::ids::{DeviceId, EventId, FeedGeneration, OrgId, Serial};
use gateline_common::sync::{EventManifest, QuarantineReason};
use gateline_common::{Hash, Timestamp};

/// A rise of an organization's manifest version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ManifestBump {
    /// Whose. The organization is known to the store.
    pub org: OrgId,
    /// When.
    pub at: Timestamp,
}

/// An event's change.
#[derive(Debug, Clone)]
pub struct EventWrite {
    /// Its new state; its `version` is the one that was read.
    pub event: EventState,
    /// Rules to keep under their version.
    pub rules: Option<EventManifest>,
    /// The manifest that shows it.
    pub bump: Option<ManifestBump>,
    /// Give the feed this generation: every list is to be read anew.
    pub generation: Option<FeedGeneration>,
}

/// The feed's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedHead {
    /// Its history's identity.
    pub generation: FeedGeneration,
    /// The last position given out.
    pub position: u64,
}

/// A run of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedRun {
    /// The head, as of the same moment.
    pub head: FeedHead,
    /// Tickets with their positions, in order of position.
    pub tickets: Vec<(u64, TicketState)>,
}

/// What an upload needs to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogQuery {
    /// The device.
    pub device: DeviceId,
    /// First sequence of the batch.
    pub first: u64,
    /// Last sequence of the batch.
    pub last: u64,
    /// Sequences that the batch takes back.
    pub targets: Vec<u64>,
    /// Tickets that the batch is about.
    pub tickets: Vec<TicketKey>,
}

/// The answer to a [`LogQuery`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogView {
    /// How far the log is held.
    pub head: LogHead,
    /// The device's records: from the highest sequence held below `first` to
    /// the one after `last`; the targets; withdrawals and undos of sequences of
    /// the batch; and those that are pending.
    pub held: Vec<StoredRecord>,
    /// Sequences held above `last`, in order, with whether they are scans: only
    /// the unbroken run that begins right after it, and only if the batch holds
    /// the first sequence that is missing.
    pub following: Vec<(u64, bool)>,
    /// The tickets of the query and of `held`, by key, each with all records about
    /// it.
    pub tickets: Vec<(TicketState, Vec<StoredRecord>)>,
}

/// What an upload changes.
#[derive(Debug, Clone, Default)]
pub struct LogWrite {
    /// The device's new log head; its `version` is the one that was read.
    pub head: Option<(DeviceId, LogHead)>,
    /// New records. One that is held as not signed is replaced.
    pub records: Vec<StoredRecord>,
    /// Their batch.
    pub batch: Option<StoredBatch>,
    /// New standings of records that are held.
    pub amended: Vec<Amended>,
    /// Tickets that changed; their `version` is the one that was read.
    pub tickets: Vec<TicketWrite>,
    /// Changes of figures.
    pub deltas: Deltas,
    /// The event's passages must be as many as when they were read.
    pub guard: Option<(EventId, u64)>,
}

/// A record that is held and gets another standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Amended {
    /// Its device.
    pub device: DeviceId,
    /// Its sequence.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// Why it does not count, if it does not.
    pub quarantine: Option<QuarantineReason>,
    /// The ticket that it is about.
    pub ticket: Option<TicketKey>,
    /// Does it wait for the device's next word?
    pub pending: bool,
    /// The server's answer.
    pub confirmed: Option<Answer>,
}

/// A ticket's change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketWrite {
    /// Its new state; its `version` is the one that was read.
    pub ticket: TicketState,
    /// Give it the next position of the feed, so that gates learn it.
    pub moves: bool,
    /// Its passages changed: the event's count of changes rises.
    pub passages: bool,
}

/// Everything that reconciliation of an event starts from, as of one moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventLog {
    /// The devices that sent a scan of the event, with their log heads.
    pub devices: Vec<(Device, LogHead)>,
    /// All records of these devices, of other events too: a chain is one.
    pub records: Vec<StoredRecord>,
    /// The batches in which they came.
    pub batches: Vec<StoredBatch>,
    /// Every ticket of the event that a record is about.
    pub tickets: Vec<TicketState>,
}

/// A ticket with all records about it, as it is taken in.
pub type TakeTicket<'a> = dyn FnMut(TicketState, Vec<StoredRecord>) + 'a;

/// Tickets of an event that records are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those that [are in question](TicketState::is_in_question).
    InQuestion,
    /// All.
    Scanned,
}

/// One moment of an event's logs, read piece by piece: an event may have more
/// records than memory holds. What is written meanwhile is not seen.
pub trait LogSource {
    /// The devices that sent a scan of the event, by id, with their log heads.
    fn devices(&self) -> Result<Vec<(Device, LogHead)>, StoreError>;
    /// The records of a device in a range of sequences, by (sequence, hash); of
    /// other events too: a chain is one.
    fn records(
        &self,
        device: DeviceId,
        first: u64,
        last: u64,
    ) -> Result<Vec<StoredRecord>, StoreError>;
    /// The batches in which they came.
    fn batches(&self, device: DeviceId) -> Result<Vec<StoredBatch>, StoreError>;
    /// Records of these devices that wait for their device's next word, by
    /// (device, sequence).
    fn pending(&self) -> Result<Vec<StoredRecord>, StoreError>;
    /// Hands over tickets of the event.
    fn tickets(&self, which: Which, take: &mut TakeTicket<'_>) -> Result<(), StoreError>;
    /// A ticket of the event with all records about it.
    fn ticket(
        &self,
        serial: Serial,
    ) -> Result<Option<(TicketState, Vec<StoredRecord>)>, StoreError>;
    /// The event's figures.
    fn figures(&self) -> Result<Figures, StoreError>;
}

/// What is to be done with a [`LogSource`]. It may be done again over a later moment;
/// then what it did before is worth nothing.
pub type Look = Box<dyn FnMut(&dyn LogSource) -> Result<(), StoreError> + Send>;

/// The store.
#[async_trait]
pub trait CheckInStore: Send + Sync {
    /// An organization.
    async fn organization(&self, org: OrgId) -> Result<Option<Organization>, StoreError>;
    /// Adds it unless it is there, and returns what is there.
    async fn add_organization(&self, org: &Organization) -> Result<Organization, StoreError>;
    /// Sets its name if the version is newer, and raises its manifest version.
    async fn name_organization(
        &self,
        org: OrgId,
        version: u64,
        name: &str,
        at: Timestamp,
        commit: &Commit,
    ) -> Result<(), StoreError>;
    /// Everything that a manifest shows, as of one moment: the organization, its
    /// events, its devices.
    async fn manifest_source(
        &self,
        org: OrgId,
    ) -> Result<Option<(Organization, Vec<EventState>, Vec<Device>)>, StoreError>;

    /// An event.
    async fn event(&self, event: EventId) -> Result<Option<EventState>, StoreError>;
    /// Saves it, conditional on its version; a new event gets a feed.
    async fn save_event(&self, write: &EventWrite, commit: &Commit) -> Result<(), StoreError>;
    /// Every version of an event's rules that was ever shown.
    async fn rules(&self, event: EventId) -> Result<Vec<EventManifest>, StoreError>;

    /// Keeps an enrolment code.
    async fn add_enrolment(&self, enrolment: &Enrolment) -> Result<(), StoreError>;
    /// An enrolment code that was not used.
    async fn enrolment(&self, secret: Hash) -> Result<Option<Enrolment>, StoreError>;
    /// Uses up the code and adds the device. `Conflict` if the code is gone.
    async fn enrol(
        &self,
        secret: Hash,
        device: &Device,
        bump: ManifestBump,
        commit: &Commit,
    ) -> Result<(), StoreError>;
    /// A device.
    async fn device(&self, device: DeviceId) -> Result<Option<Device>, StoreError>;
    /// The device with this credential.
    async fn device_with(&self, credential: Hash) -> Result<Option<Device>, StoreError>;
    /// The devices of an organization, oldest first, with their log heads.
    async fn devices(&self, org: OrgId) -> Result<Vec<(Device, LogHead)>, StoreError>;
    /// Revokes the device unless it is: since when it is revoked never changes. Sets
    /// when its records were accepted, unless they were later.
    async fn save_device(&self, device: &Device, bump: ManifestBump) -> Result<(), StoreError>;
    /// The records of a device that arrived by `until` and do not count because
    /// it was revoked, up to `limit`.
    async fn set_aside(
        &self,
        device: DeviceId,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredRecord>, StoreError>;

    /// The end of an event's feed.
    async fn feed_head(&self, event: EventId) -> Result<Option<FeedHead>, StoreError>;
    /// How far a feed went under a generation that it had before, as long as that is
    /// remembered and its lists are good. Before a store that was put back to a copy is
    /// used, every feed gets a new one, and every manifest a version that none had.
    async fn past_generation(
        &self,
        event: EventId,
        generation: FeedGeneration,
    ) -> Result<Option<u64>, StoreError>;
    /// Up to `limit` tickets after `position`, if there is such an event.
    async fn feed(
        &self,
        event: EventId,
        position: u64,
        limit: u32,
    ) -> Result<Option<FeedRun>, StoreError>;

    /// What an upload needs.
    async fn log(&self, query: &LogQuery) -> Result<LogView, StoreError>;
    /// Stores an upload. `Conflict` if the log, a ticket or the guarded event
    /// changed in between.
    async fn write_log(&self, write: &LogWrite, commit: &Commit) -> Result<(), StoreError>;
    /// A ticket with all records about it.
    async fn ticket(
        &self,
        key: TicketKey,
    ) -> Result<Option<(TicketState, Vec<StoredRecord>)>, StoreError>;
    /// The records of a device in a range of sequences, by (sequence, hash).
    async fn records(
        &self,
        device: DeviceId,
        first: u64,
        last: u64,
    ) -> Result<Vec<StoredRecord>, StoreError>;

    /// Keeps a device's last exchange about an event, unless a later one is kept.
    /// A gate that is kept stays until another is known.
    async fn note_contact(&self, contact: &Contact) -> Result<(), StoreError>;
    /// The last exchange of each device about an event.
    async fn contacts(&self, event: EventId) -> Result<Vec<(Device, Contact)>, StoreError>;

    /// The figures of an event, and the count of changes of its passages.
    async fn figures(&self, event: EventId) -> Result<(Figures, u64), StoreError>;
    /// Lets `look` read an event's logs as of one moment.
    async fn look(&self, event: EventId, look: Look) -> Result<(), StoreError>;
    /// What reconciliation of the whole event starts from, all at once.
    async fn event_log(&self, event: EventId) -> Result<EventLog, StoreError>;
}
