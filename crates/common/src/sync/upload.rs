//! Upload of scan records, its receipt, and the confirmation of one admission.

use super::{Cursor, FeedPage};
use crate::bytes::{Hash, Signature};
use crate::decision::Answer;
use crate::ids::DeviceId;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// A run of records with consecutive sequence numbers, signed as a whole: the
/// signature covers (device, first, last sequence, hash of the last record) in
/// the domain `gateline-batch-v1`, and the hash chain covers the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScanBatch {
    /// The enrolment.
    pub device: DeviceId,
    /// Sequence number of the first record.
    pub first_seq: u64,
    /// The exact bytes of each record.
    pub records: Vec<Vec<u8>>,
    /// The device's signature over [`ScanBatch::head`].
    pub signature: Signature,
}

impl ScanBatch {
    /// The bytes that a batch's signature covers.
    #[must_use]
    pub fn head(device: DeviceId, first_seq: u64, last_seq: u64, last_hash: Hash) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(device.0.as_bytes());
        bytes.extend_from_slice(&first_seq.to_be_bytes());
        bytes.extend_from_slice(&last_seq.to_be_bytes());
        bytes.extend_from_slice(last_hash.as_bytes());
        bytes
    }
}

/// `POST /api/checkin/device/scans`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadRequest {
    /// The records; `None` to ask only for the state of the log and the feed.
    pub batch: Option<ScanBatch>,
    /// Where the device stands in the feeds that it follows.
    pub cursors: Vec<Cursor>,
    /// The version of the manifest that it holds.
    pub manifest_version: u64,
}

/// The answer to an upload.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadAnswer {
    /// One per record of the batch, in order.
    pub outcomes: Vec<RecordOutcome>,
    /// The receipt, when a record was stored or known.
    pub receipt: Option<SignedReceipt>,
    /// The highest sequence up to which the server holds the log without a gap;
    /// the device sends from the one after it.
    pub unbroken: u64,
    /// One page per cursor.
    pub feeds: Vec<FeedPage>,
    /// The newest manifest's version; fetch it when it is higher.
    pub manifest_version: u64,
    /// The server's clock.
    pub server_time: Timestamp,
}

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordOutcome {
    /// The record.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of an uploaded record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Outcome {
    /// Stored now.
    Stored,
    /// Held already, byte for byte.
    Known,
    /// Stored now, and the same sequence is held with another hash: both are
    /// kept, both count, and the fork is reported.
    Fork,
    /// Kept, but not counted.
    Quarantined(QuarantineReason),
}

/// Why a record is kept but not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum QuarantineReason {
    /// Not a record of a version that the server reads.
    Unreadable,
    /// It says another device or sequence than its batch.
    NotAsClaimed,
    /// It does not hold the hash of the record before it.
    BrokenChain,
    /// The device was revoked before this record was receipted.
    Revoked,
    /// Its event is not one of the device's organization.
    ForeignEvent,
    /// Its batch is not signed with the device's key. It comes again under a
    /// good signature, or never counts.
    BadSignature,
}

/// What the server says about a device's log: it held the record with this
/// sequence and hash at this time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The enrolment.
    pub device: DeviceId,
    /// The last record of the batch.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
    /// When the server stored it.
    pub at: Timestamp,
}

impl Receipt {
    /// The bytes that its signature (root key, domain `gateline-receipt-v1`)
    /// covers.
    #[must_use]
    pub fn to_signed_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64);
        bytes.extend_from_slice(self.device.0.as_bytes());
        bytes.extend_from_slice(&self.seq.to_be_bytes());
        bytes.extend_from_slice(self.hash.as_bytes());
        bytes.extend_from_slice(&self.at.0.to_be_bytes());
        bytes
    }
}

/// A receipt and the organization root key's signature over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedReceipt {
    /// The receipt.
    pub receipt: Receipt,
    /// The signature.
    pub signature: Signature,
}

/// `POST /api/checkin/device/confirm`: decide the last record of the batch over
/// all devices' records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmRequest {
    /// Ends with the scan in question.
    pub batch: ScanBatch,
    /// Where the device stands in the event's feed.
    pub cursor: Option<Cursor>,
    /// The version of the manifest that it holds.
    pub manifest_version: u64,
}

/// The server's answer to the scan, with everything an upload's answer has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmAnswer {
    /// Green or red, over all devices' records.
    pub answer: Answer,
    /// The rest.
    pub upload: UploadAnswer,
}
