//! An uploaded batch, read: which bytes are records, what they claim, and
//! whether the device signed them. Nothing of it depends on what the server
//! holds, and nothing in it is trusted yet.

use super::error::CheckInError;
use super::log::scan_of;
use super::ticket::TicketKey;
use gateline_common::ids::{DeviceId, EventId};
use gateline_common::sync::{Record, RecordBody, ScanBatch, Subject};
use gateline_common::{Hash, PublicKey, Signature};
use ticket_crypto::TicketCode;
use ticket_crypto::detached::{self, Domain};

/// The most records that one batch may hold.
pub const MAX_BATCH_RECORDS: usize = 1_000;
/// The most bytes that one record may have.
pub const MAX_RECORD_BYTES: usize = 4_096;

/// A batch, read.
#[derive(Debug, Clone)]
pub(super) struct Batch {
    pub(super) first: u64,
    pub(super) last: u64,
    /// Is its head signed with the device's key?
    pub(super) signed: bool,
    pub(super) signature: Signature,
    pub(super) records: Vec<Claim>,
}

/// One record of a batch, as it claims to be.
#[derive(Debug, Clone)]
pub(super) struct Claim {
    pub(super) seq: u64,
    pub(super) hash: Hash,
    pub(super) bytes: Vec<u8>,
    /// `None`: not a record of a version that this server reads.
    pub(super) record: Option<Record>,
}

impl Batch {
    /// Reads `batch`, which `device` sent under its credential.
    pub(super) fn read(
        device: DeviceId,
        key: &PublicKey,
        batch: ScanBatch,
    ) -> Result<Self, CheckInError> {
        let invalid = |message: &str| Err(CheckInError::invalid("batch", message));
        if batch.device != device {
            return invalid("a device uploads its own records only");
        }
        if batch.records.is_empty() || batch.first_seq == 0 {
            return invalid("a batch holds at least one record, numbered from 1");
        }
        if batch.records.len() > MAX_BATCH_RECORDS {
            return Err(CheckInError::TooLarge("too many records in one batch"));
        }
        if batch.records.iter().any(|r| r.len() > MAX_RECORD_BYTES) {
            return Err(CheckInError::TooLarge("a record is too long"));
        }
        let first = batch.first_seq;
        let Some(last) = last_seq(first, batch.records.len()) else {
            return invalid("sequence numbers end at 2^62");
        };
        let records: Vec<Claim> = (first..=last).zip(batch.records).map(Claim::read).collect();
        let last_hash = records.last().map_or(Hash::ZERO, |claim| claim.hash);
        let head = ScanBatch::head(device, first, last, last_hash);
        Ok(Self {
            first,
            last,
            signature: batch.signature,
            signed: detached::verify(key, Domain::Batch, &head, &batch.signature),
            records,
        })
    }

    /// The span of records that are held, for judging them again.
    pub(super) fn of_stored(first: u64, records: &[super::log::StoredRecord]) -> Self {
        Self {
            first,
            last: records
                .iter()
                .map(|record| record.seq)
                .max()
                .unwrap_or(first),
            signed: true,
            signature: Signature([0; 64]),
            records: Vec::new(),
        }
    }

    /// The sequences that it takes back.
    pub(super) fn targets(&self) -> Vec<u64> {
        let mut targets: Vec<_> = self.records.iter().filter_map(Claim::target).collect();
        targets.sort_unstable();
        targets.dedup();
        targets
    }

    /// The tickets that it claims to be about.
    pub(super) fn tickets(&self) -> Vec<TicketKey> {
        let mut keys: Vec<_> = self.records.iter().filter_map(Claim::ticket).collect();
        keys.sort();
        keys.dedup();
        keys
    }

    /// The events that it names.
    pub(super) fn events(&self) -> Vec<EventId> {
        let mut events: Vec<_> = self.records.iter().filter_map(Claim::event).collect();
        events.sort();
        events.dedup();
        events
    }
}

/// Stores keep sequences as signed 64-bit numbers.
fn last_seq(first: u64, len: usize) -> Option<u64> {
    let last = first.checked_add(u64::try_from(len).ok()?)? - 1;
    (last < 1 << 62).then_some(last)
}

impl Claim {
    fn read((seq, bytes): (u64, Vec<u8>)) -> Self {
        Self {
            seq,
            hash: Record::hash(&bytes),
            record: Record::from_bytes(&bytes).ok(),
            bytes,
        }
    }

    /// The event of a scan.
    pub(super) fn event(&self) -> Option<EventId> {
        Some(scan_of(self.record.as_ref()?)?.event)
    }

    /// The code of a scan, if it is one of the scan's event.
    pub(super) fn code(&self) -> Option<TicketCode> {
        let scan = scan_of(self.record.as_ref()?)?;
        let Subject::Code(bytes) = &scan.subject else {
            return None;
        };
        let code = TicketCode::parse(bytes).ok()?;
        (code.claims().event == scan.event).then_some(code)
    }

    /// The ticket that a scan claims to be about.
    pub(super) fn ticket(&self) -> Option<TicketKey> {
        let scan = scan_of(self.record.as_ref()?)?;
        let serial = match &scan.subject {
            Subject::Listed(serial) => *serial,
            Subject::Code(_) => self.code()?.claims().serial,
            Subject::Foreign { .. } => return None,
        };
        Some(TicketKey {
            event: scan.event,
            serial,
        })
    }

    /// The sequence that a withdrawal or undo takes back.
    pub(super) fn target(&self) -> Option<u64> {
        match self.record.as_ref()?.body {
            RecordBody::Withdrawal { seq, .. } | RecordBody::Undo { seq } => Some(seq),
            RecordBody::Scan(_) | RecordBody::Receipt(_) => None,
        }
    }
}
