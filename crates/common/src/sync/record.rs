//! Scan records: what a device logs, as exact versioned bytes, chained by hash.
//!
//! A record's bytes are one version byte and the postcard form of [`Record`].
//! Its hash is SHA-256 over the domain `gateline-record-v1` and those bytes.
//! Each record holds the hash of the one before it.

use crate::bytes::Hash;
use crate::decision::{Answer, Direction};
use crate::ids::{DeviceId, EventId, GateId, Serial};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// The version byte that this build writes.
pub const RECORD_VERSION: u8 = 1;

/// The uncertainty of a clock that was never compared with the server's.
pub const CLOCK_UNCERTAINTY_UNKNOWN: u32 = u32::MAX;

const HASH_DOMAIN: &[u8] = b"gateline-record-v1";

/// One entry of a device's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The enrolment that wrote it.
    pub device: DeviceId,
    /// 1, 2, 3, … without gaps.
    pub seq: u64,
    /// Hash of the record before; [`Hash::ZERO`] for the first.
    pub previous: Hash,
    /// The device's clock, as it was.
    pub at: Timestamp,
    /// How far that clock was off at the last comparison.
    pub clock: ClockReading,
    /// What happened.
    pub body: RecordBody,
}

/// The last measured distance between the server's clock and the device's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockReading {
    /// Server time minus device time, milliseconds.
    pub offset_ms: i64,
    /// Half the round trip of the measurement, milliseconds, or
    /// [`CLOCK_UNCERTAINTY_UNKNOWN`].
    pub uncertainty_ms: u32,
}

impl ClockReading {
    /// Never compared.
    pub const UNKNOWN: Self = Self {
        offset_ms: 0,
        uncertainty_ms: CLOCK_UNCERTAINTY_UNKNOWN,
    };
}

/// What a record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum RecordBody {
    /// A scan and its answer.
    Scan(Scan),
    /// The admission of an earlier record did not take place: the server said
    /// red in time.
    Withdrawal {
        /// That record.
        seq: u64,
        /// What was shown instead.
        answer: Answer,
    },
    /// Staff took back an earlier scan.
    Undo {
        /// That record.
        seq: u64,
    },
    /// A receipt of the server, as it came: fixes records between two points in
    /// the server's time.
    Receipt(super::SignedReceipt),
}

/// One scan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scan {
    /// The event that the gate was set to.
    pub event: EventId,
    /// The gate; `None` if none was chosen.
    pub gate: Option<GateId>,
    /// Which way.
    pub direction: Direction,
    /// What was scanned.
    pub subject: Subject,
    /// The answer of the device.
    pub answer: Answer,
    /// The version of the event's rules that it was decided with.
    pub rules_version: u64,
    /// The feed position up to which the device knew the list.
    pub feed_position: u64,
    /// The override that led to this answer.
    pub overridden: Option<Override>,
}

/// What was scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    /// A code of ours in form, its raw bytes.
    Code(Vec<u8>),
    /// A ticket chosen from a search result: no code was verified.
    Listed(Serial),
    /// Something that is not ours: SHA-256 and length in bytes, never the text.
    Foreign {
        /// SHA-256 of what was read.
        hash: Hash,
        /// Its length in bytes.
        len: u32,
    },
}

/// A refusal that staff waived.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// The refusal that was waived.
    pub waived: Answer,
    /// Why, in the words of staff.
    pub reason: String,
    /// Was the supervisor's PIN given?
    pub supervised: bool,
}

/// Why bytes are no record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// Of a version that this build does not read.
    #[error("record version {0}")]
    Version(u8),
    /// Truncated, damaged, or with trailing bytes.
    #[error("damaged record")]
    Damaged,
}

impl Record {
    /// The exact bytes that are chained, signed, sent and stored.
    ///
    /// # Errors
    /// [`RecordError::Damaged`] if the value cannot be serialised (no record
    /// has such a value).
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        postcard::to_extend(self, vec![RECORD_VERSION]).map_err(|_| RecordError::Damaged)
    }

    /// Reads a record. Only the exact bytes that [`Record::to_bytes`] writes are
    /// accepted, so that a record has one hash.
    ///
    /// # Errors
    /// The [`RecordError`] that says what is wrong.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordError> {
        let (version, body) = bytes.split_first().ok_or(RecordError::Damaged)?;
        if *version != RECORD_VERSION {
            return Err(RecordError::Version(*version));
        }
        let (record, rest): (Self, _) =
            postcard::take_from_bytes(body).map_err(|_| RecordError::Damaged)?;
        if !rest.is_empty() || record.to_bytes()? != bytes {
            return Err(RecordError::Damaged);
        }
        Ok(record)
    }

    /// The hash of the record before, read from a record's bytes without the rest
    /// of it; `None` if they are of another version or too few.
    #[must_use]
    pub fn previous_in(bytes: &[u8]) -> Option<Hash> {
        let (_, body) = bytes
            .split_first()
            .filter(|(version, _)| **version == RECORD_VERSION)?;
        let head: Result<((DeviceId, u64, Hash), _), _> = postcard::take_from_bytes(body);
        head.ok().map(|((_, _, previous), _)| previous)
    }

    /// The hash that the next record holds.
    #[must_use]
    pub fn hash(bytes: &[u8]) -> Hash {
        Hash::of(&[HASH_DOMAIN, bytes])
    }
}
