//! The scan log as the server holds it: exact record bytes with what became of
//! them. Records are never changed or dropped; only their standing may change,
//! when a gap closes or an organizer accepts a revoked device's records.

use super::ticket::TicketKey;
use gateline_common::decision::Answer;
use gateline_common::ids::DeviceId;
use gateline_common::sync::{QuarantineReason, Record, RecordBody, Scan, Subject};
use gateline_common::{Hash, Signature, Timestamp};

/// A record as it is held.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// The enrolment that sent it.
    pub device: DeviceId,
    /// The sequence that it was sent as.
    pub seq: u64,
    /// The hash of its bytes.
    pub hash: Hash,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Why it does not count, if it does not.
    pub quarantine: Option<QuarantineReason>,
    /// The ticket that it is about: the code was verified, or the ticket was
    /// chosen from the list. Of a withdrawal or undo, that of its target.
    pub ticket: Option<TicketKey>,
    /// The sequence that a withdrawal or undo takes back.
    pub target: Option<u64>,
    /// Its time, as far as it can be told when it arrives.
    pub at: Timestamp,
    /// A receipt in the chain before it proves that it was not before this.
    pub not_before: Option<Timestamp>,
    /// When it arrived: it was not after this.
    pub received_at: Timestamp,
    /// The server's answer, if the device asked for it.
    pub confirmed: Option<Answer>,
    /// Refused by the server, and not known yet whether the device heard it in
    /// time: it neither counts nor is withdrawn.
    pub pending: bool,
}

impl StoredRecord {
    /// The record, if its bytes are one.
    #[must_use]
    pub fn record(&self) -> Option<Record> {
        Record::from_bytes(&self.bytes).ok()
    }

    /// The event of a scan; `None` for everything else.
    #[must_use]
    pub fn scanned_event(&self) -> Option<gateline_common::ids::EventId> {
        Some(scan_of(&self.record()?)?.event)
    }

    /// Does it take part in counting?
    #[must_use]
    pub const fn is_counted(&self) -> bool {
        self.quarantine.is_none()
    }

    /// Is it a readable scan?
    #[must_use]
    pub fn is_scan(&self) -> bool {
        let record = self.record();
        record.is_some_and(|record| matches!(record.body, RecordBody::Scan(_)))
    }

    /// The bytes of the code that was scanned; `None` for a guest chosen from the
    /// list, and for what is no code of ours.
    #[must_use]
    pub fn code_bytes(&self) -> Option<Vec<u8>> {
        match self.record()?.body {
            RecordBody::Scan(scan) => match scan.subject {
                Subject::Code(bytes) => Some(bytes),
                Subject::Listed(_) | Subject::Foreign { .. } => None,
            },
            _ => None,
        }
    }

    /// Were the signatures of its code found good when it came in? Only then does
    /// a scan of a code have a ticket.
    #[must_use]
    pub const fn is_verified(&self) -> bool {
        self.ticket.is_some()
    }

    /// Is it part of the device's chain? Bytes that its key did not sign for
    /// are not.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.quarantine != Some(QuarantineReason::BadSignature)
    }
}

/// The scan that a record holds.
#[must_use]
pub fn scan_of(record: &Record) -> Option<&Scan> {
    match &record.body {
        RecordBody::Scan(scan) => Some(scan),
        _ => None,
    }
}

/// A batch as it came: the proof that the device signed its records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredBatch {
    /// The enrolment.
    pub device: DeviceId,
    /// Its first sequence.
    pub first_seq: u64,
    /// Its last sequence.
    pub last_seq: u64,
    /// The hash of its last record.
    pub last_hash: Hash,
    /// The device's signature over its head.
    pub signature: Signature,
    /// When it was stored.
    pub received_at: Timestamp,
    /// The root key's signature over the receipt for its last record.
    pub receipt: Signature,
}

/// How far the server holds a device's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LogHead {
    /// The highest sequence up to which nothing is missing.
    pub unbroken: u64,
    /// The highest sequence held.
    pub highest: u64,
    /// The highest sequence of a scan up to which nothing is missing.
    pub last_scan: u64,
    /// For conditional saving.
    pub version: u64,
}
