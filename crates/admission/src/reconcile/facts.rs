//! What reconciliation starts from.

use crate::judge::ListState;
use crate::rules::EventRules;
use gateline_common::Hash;
use gateline_common::ids::{DeviceId, Epoch, EventId, Serial, TicketTypeId};
use gateline_common::sync::{QuarantineReason, Receipt, Record, RecordError, TicketStatus};
use gateline_common::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the server knows about an event, besides the records.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The rules in force now.
    pub rules: EventRules,
    /// Earlier versions of the rules, by version: a scan is judged by those that
    /// its gate had.
    pub earlier_rules: BTreeMap<u64, EventRules>,
    /// The history of each ticket, as far as it was scanned; a serial without
    /// one was never issued.
    pub tickets: BTreeMap<Serial, Vec<TicketState>>,
    /// Receipts that the server gave, whether or not the device has appended
    /// them. Of several for one record the earliest counts.
    pub receipts: Vec<Receipt>,
}

/// A ticket's state from some moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TicketState {
    /// From then on, by the server's clock.
    pub since: Timestamp,
    /// The least epoch that is valid.
    pub epoch: Epoch,
    /// Its type.
    pub ticket_type: TicketTypeId,
    /// Whether it stands.
    pub status: TicketStatus,
}

/// Does a stored record count?
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Kept for the chain and the report, but not counted.
    Quarantined(QuarantineReason),
    /// It counts.
    Counted,
}

/// A record as the server stored it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoggedRecord {
    /// The device whose batch brought it.
    pub device: DeviceId,
    /// Its place in that batch's run of sequence numbers.
    pub seq: u64,
    /// The hash of its bytes.
    pub hash: Hash,
    /// What it says; `None` if its bytes are no record that this version reads.
    pub record: Option<Record>,
    /// Does it count?
    pub standing: Standing,
    /// Were the signatures in its code found good when it came in? A key is
    /// never taken from an event, so what was good stays so; `false` says
    /// nothing, and costs looking again.
    #[serde(default)]
    pub verified: bool,
}

impl LoggedRecord {
    /// The record with these bytes, which came as number `seq` of `device`: it
    /// counts if it can be read and says the same of itself. (What only the
    /// server can know, such as a revoked device, is for its caller to set.)
    #[must_use]
    pub fn read(device: DeviceId, seq: u64, bytes: &[u8]) -> Self {
        Self::held(device, seq, Record::hash(bytes), bytes)
    }

    /// The same, where the hash of the bytes is known.
    #[must_use]
    pub fn held(device: DeviceId, seq: u64, hash: Hash, bytes: &[u8]) -> Self {
        let (record, standing) = match Record::from_bytes(bytes) {
            Ok(record) if record.device == device && record.seq == seq => {
                (Some(record), Standing::Counted)
            }
            Ok(record) => (
                Some(record),
                Standing::Quarantined(QuarantineReason::NotAsClaimed),
            ),
            Err(RecordError::Version(_) | RecordError::Damaged) => {
                (None, Standing::Quarantined(QuarantineReason::Unreadable))
            }
        };
        Self {
            device,
            seq,
            hash,
            record,
            standing,
            verified: false,
        }
    }
}

impl Facts {
    /// Facts with these rules and nothing else.
    #[must_use]
    pub const fn new(rules: EventRules) -> Self {
        Self {
            rules,
            earlier_rules: BTreeMap::new(),
            tickets: BTreeMap::new(),
            receipts: Vec::new(),
        }
    }

    /// The event.
    #[must_use]
    pub const fn event(&self) -> EventId {
        self.rules.event()
    }

    /// The rules of a version; today's if that version is not known.
    pub(crate) fn rules_of(&self, version: u64) -> &EventRules {
        if version == self.rules.manifest().rules_version {
            return &self.rules;
        }
        self.earlier_rules.get(&version).unwrap_or(&self.rules)
    }

    /// A ticket's states in order of time.
    pub(crate) fn states_of(&self, serial: Serial) -> Vec<TicketState> {
        let mut states = self.tickets.get(&serial).cloned().unwrap_or_default();
        states.sort();
        states
    }
}

/// The state at some moment: a scan before the first one is a clock's fault, the
/// ticket was there.
pub(crate) fn state_at(states: &[TicketState], at: Timestamp) -> Option<&TicketState> {
    states
        .iter()
        .rev()
        .find(|state| state.since <= at)
        .or(states.first())
}

impl From<&TicketState> for ListState {
    fn from(state: &TicketState) -> Self {
        Self {
            ticket_type: state.ticket_type,
            epoch: state.epoch,
            status: state.status,
        }
    }
}
