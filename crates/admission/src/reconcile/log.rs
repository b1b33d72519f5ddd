//! A device's log as it was read: what its chain shows, and its scans with the
//! times that are known of them.

use super::facts::Facts;
use super::report::Trace;
use gateline_common::Hash;
use gateline_common::decision::{Answer, Refusal};
use gateline_common::ids::{DeviceId, Epoch, Serial};
use gateline_common::sync::{Scan, Subject};
use gateline_common::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use ticket_crypto::{TicketCode, Verification};

/// One device's log, read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceLog {
    /// The device.
    pub device: DeviceId,
    /// What its chain shows.
    pub trace: Trace,
    /// Its scans of the event, in order of sequence and hash.
    pub scans: Vec<TimedScan>,
}

/// A scan that counts, with what the log says about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimedScan {
    /// The device.
    pub device: DeviceId,
    /// The record's sequence number.
    pub seq: u64,
    /// The record's hash.
    pub hash: Hash,
    /// When, corrected.
    pub at: Timestamp,
    /// When, as the device claims it.
    pub claimed: Timestamp,
    /// When, as its clock had it.
    pub device_time: Timestamp,
    /// Proven not to be before this.
    pub not_before: Option<Timestamp>,
    /// Proven not to be after this.
    pub not_after: Option<Timestamp>,
    /// Is the device's log forked, or its chain broken? Then its sequence numbers
    /// prove no order.
    pub forked: bool,
    /// The ticket, if it is one of this event.
    pub serial: Option<Serial>,
    /// The owner epoch in the code.
    pub epoch: Option<Epoch>,
    /// Were the signatures in the code found good before? `false` says nothing.
    #[serde(default)]
    pub verified: bool,
    /// The scan.
    pub scan: Scan,
    /// Was it taken back?
    pub cancelled: Option<Cancelled>,
}

/// How an earlier scan was taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cancelled {
    /// By staff, at this time; until then it stood.
    Undone(Timestamp),
    /// By the server's answer before anything was shown.
    Withdrawn(Answer),
}

impl TimedScan {
    /// What was shown in the end.
    #[must_use]
    pub const fn shown(&self) -> &Answer {
        match &self.cancelled {
            Some(Cancelled::Withdrawn(answer)) => answer,
            Some(Cancelled::Undone(_)) | None => &self.scan.answer,
        }
    }
}

impl DeviceLog {
    /// The tickets whose scans differ from `before`: those to reconcile again.
    #[must_use]
    pub fn touched_since(&self, before: Option<&Self>) -> BTreeSet<Serial> {
        let key = |scan: &TimedScan| (scan.seq, scan.hash);
        let mut old: BTreeMap<_, _> = before
            .into_iter()
            .flat_map(|log| &log.scans)
            .map(|scan| (key(scan), scan))
            .collect();
        let mut touched = BTreeSet::new();
        for scan in &self.scans {
            if old.remove(&key(scan)) != Some(scan) {
                touched.extend(scan.serial);
            }
        }
        touched.extend(old.into_values().filter_map(|scan| scan.serial));
        touched
    }
}

/// The ticket of a scan and the epoch in its code. A code that the gate refused
/// as no genuine one of this event names a ticket only if it is genuine after
/// all; otherwise anybody could fill the report with invented serials.
pub(super) fn ticket_of(
    facts: &Facts,
    scan: &Scan,
    verified: bool,
) -> (Option<Serial>, Option<Epoch>) {
    match &scan.subject {
        Subject::Listed(serial) => (Some(*serial), None),
        Subject::Foreign { .. } => (None, None),
        Subject::Code(bytes) => {
            let code = TicketCode::parse(bytes).ok();
            let code = code.filter(|code| code.claims().event == facts.event());
            let doubted = matches!(
                scan.answer,
                Answer::Refuse(
                    Refusal::Malformed
                        | Refusal::BadSignature
                        | Refusal::UnknownKey
                        | Refusal::WrongEvent { .. }
                )
            );
            let code = code.filter(|code| {
                !doubted
                    || verified
                    || matches!(
                        facts.rules.keyring().verify(code),
                        Verification::Good { .. }
                    )
            });
            let claims = code.map(|code| *code.claims());
            (
                claims.map(|claims| claims.serial),
                claims.map(|claims| claims.epoch),
            )
        }
    }
}
