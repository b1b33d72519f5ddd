//! The report: who was let in, what collided, and which records prove it.

use gateline_common::Hash;
use gateline_common::decision::{Answer, Direction, Passage};
use gateline_common::ids::{DeviceId, Epoch, EventId, GateId, Serial, ZoneId};
use gateline_common::sync::{Override, QuarantineReason};
use gateline_common::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The reconciled logs of one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The event.
    pub event: EventId,
    /// Every ticket that was scanned, by serial.
    pub tickets: Vec<TicketReport>,
    /// Every device that sent records, by id.
    pub devices: Vec<DeviceReport>,
    /// The sums.
    pub totals: Totals,
}

/// One ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketReport {
    /// The ticket.
    pub serial: Serial,
    /// The admission that counts: the first entry that stands and should have
    /// been.
    pub admission: Option<Evidence>,
    /// Every passage that stands, in order: the guest went through, also where
    /// that should not have been.
    pub passages: Vec<Passage>,
    /// What should not have happened.
    pub conflicts: Vec<Conflict>,
    /// Guests who were refused although, by all that is known now, they were in
    /// order.
    pub wrongly_refused: Vec<Evidence>,
}

/// Something that should not have happened: an admission that does not count, or
/// one that counts only because staff said so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// Why.
    pub cause: Cause,
    /// The record of the admission that counts, if there is one.
    pub counted: Option<Evidence>,
    /// The record that it collides with it, or with the ticket's state.
    pub other: Evidence,
    /// Do the server's receipts (or one unforked chain) prove which came first?
    /// If not, the order is by the devices' clocks.
    pub order_provable: bool,
}

/// The cause of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// One code (or one ticket) was admitted more often than it may.
    SameCodeTwice,
    /// An older owner's code was admitted after a transfer, or beside the new
    /// owner's.
    OldOwner,
    /// In order by the device's clock, but not by the server's receipts.
    ClockFault,
    /// Staff overrode a refusal. The admission counts.
    OperatorOverride,
    /// Admitted on its signature alone, and the ticket does not stand.
    UnlistedThenRevoked,
    /// Admitted by a gate that did not know yet that it was cancelled, refunded
    /// or blocked.
    Revoked,
    /// Genuinely signed, but no such ticket was ever issued: a leaked key.
    NeverIssued,
    /// A limit or rule was exceeded that the gate, cut off, could not count. The
    /// admission counts.
    RuleOverrun,
    /// An exit of somebody who, by all logs, was not inside.
    ExitWithoutEntry,
}

/// A record that proves something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The device.
    pub device: DeviceId,
    /// The record's sequence number in its log.
    pub seq: u64,
    /// The record's hash: with the device's signature, the proof.
    pub hash: Hash,
    /// When, corrected.
    pub at: Timestamp,
    /// When, as the device's own clock had it.
    pub device_time: Timestamp,
    /// A receipt proves that it was not before this.
    pub not_before: Option<Timestamp>,
    /// A receipt proves that it was not after this.
    pub not_after: Option<Timestamp>,
    /// Where.
    pub gate: Option<GateId>,
    /// Which way.
    pub direction: Direction,
    /// What the device answered.
    pub answer: Answer,
    /// The owner epoch in the code; `None` if it was chosen from the list.
    pub epoch: Option<Epoch>,
    /// Are the signatures in the code good? `None` if it was chosen from the
    /// list.
    pub genuine: Option<bool>,
    /// The override, if there was one.
    pub overridden: Option<Override>,
}

/// One device's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceReport {
    /// The device.
    pub device: DeviceId,
    /// What the chain of its records shows.
    pub trace: Trace,
    /// Scans of this event, quarantined ones left out.
    pub scans: u64,
    /// Of these, let through.
    pub admitted: u64,
}

/// What a chain of records shows, over all events of the device.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Records held.
    pub records: u64,
    /// The highest sequence number seen.
    pub highest: u64,
    /// Missing runs.
    pub gaps: Vec<Gap>,
    /// Sequence numbers with several records: a copied store.
    pub forks: Vec<Fork>,
    /// Records that do not fit the chain.
    pub tampering: Vec<Tampering>,
    /// Records that were kept but not counted.
    pub quarantined: Vec<Quarantined>,
    /// Scans whose time was corrected by a second or more.
    pub clock_corrections: u64,
    /// The largest of these corrections, milliseconds; positive if the device
    /// was slow.
    pub worst_clock_error_ms: i64,
}

/// A missing run of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// The first missing sequence number.
    pub from: u64,
    /// The last.
    pub to: u64,
}

/// Several records with one sequence number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fork {
    /// The sequence number.
    pub seq: u64,
    /// Their hashes.
    pub hashes: Vec<Hash>,
}

/// A sign of tampering.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Tampering {
    /// A record does not hold the hash of any record before it.
    BrokenLink {
        /// Its sequence number.
        seq: u64,
        /// Its hash.
        hash: Hash,
    },
    /// The server once held another record with this number.
    NotAsReceipted {
        /// The sequence number.
        seq: u64,
        /// The hash of the record that the receipt names.
        hash: Hash,
    },
}

/// A record that was kept but not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quarantined {
    /// Its sequence number.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// Why.
    pub reason: QuarantineReason,
}

/// The sums of a report.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Scans that count, refused ones too.
    pub scans: u64,
    /// Guests let through (in or out), undone and withdrawn ones left out.
    pub admitted: u64,
    /// Of these, let out.
    pub exits: u64,
    /// Guests refused, withdrawn admissions included.
    pub refused: u64,
    /// … by the name of the reason; together all of them.
    pub refusals: BTreeMap<String, u64>,
    /// Scans that staff took back.
    pub undone: u64,
    /// Admissions that the server turned into a refusal in time.
    pub withdrawn: u64,
    /// Admissions on the signature alone.
    pub unlisted: u64,
    /// Admissions of guests chosen from the list.
    pub chosen_from_list: u64,
    /// Scans of something that is no ticket of this event.
    pub no_ticket: u64,
    /// Tickets that let a guest in, also where that should not have been; one
    /// that did so twice is one.
    pub tickets_admitted: u64,
    /// Conflicts by cause.
    pub conflicts: BTreeMap<Cause, u64>,
    /// Guests refused wrongly.
    pub wrongly_refused: u64,
    /// Tickets inside now, in the event as a whole.
    pub inside: u64,
    /// Capacities that were exceeded.
    pub overruns: Vec<Overrun>,
}

/// A capacity that was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overrun {
    /// The zone; `None` is the event as a whole.
    pub zone: Option<ZoneId>,
    /// What it holds.
    pub capacity: u32,
    /// What it held at most.
    pub peak: u32,
    /// When it held most, for the first time.
    pub at: Timestamp,
}
