//! A device's whole log as one file, signed by the device: evidence that can be
//! handed over and checked without the device and without a network.
//!
//! JSON lines, each ended by a line feed: a head (who, and the keys), one line per
//! record (its number, its hash, its exact bytes in base64, and the same decoded for
//! readers), a tail with the signature. The device signs, in the domain
//! `gateline-log-file-v1`: SHA-256 over all bytes before the tail, then, big-endian,
//! the number of records and the number of the last one (8 bytes each), then the
//! hash of the last one.
//!
//! Always true: a file is written whole or not at all, and only its owner reads it;
//! one changed bit anywhere in it is found.

mod verify;
mod write;

pub use verify::{Found, Gap, Keys, Problem, Receipts, verify};
pub use write::{WriteError, write};

use base64::{Engine, engine::general_purpose::STANDARD};
use gateline_common::ids::{DeviceId, OrgId};
use gateline_common::sync::{Record, RecordError};
use gateline_common::{Hash, PublicKey, Signature, Timestamp};
use serde::{Deserialize, Serialize};

/// The version of the form.
const FORM: u8 = 1;

/// The first line: whose log it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The version of the form, 1.
    pub gateline_log: u8,
    /// The enrolment.
    pub device: DeviceId,
    /// What staff call it.
    pub name: String,
    /// The organization.
    pub org: OrgId,
    /// Its name, if the device knew it.
    pub org_name: String,
    /// The key that the tail and the batches of records are signed with.
    pub device_key: PublicKey,
    /// The organization's key, which receipts are signed with.
    pub root_key: PublicKey,
    /// When the file was written, by the device's clock.
    pub exported_at: Timestamp,
    /// The version of the program that wrote it.
    pub program: String,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    seq: u64,
    hash: Hash,
    bytes: String,
    record: Record,
}

impl Line {
    fn of(bytes: &[u8]) -> Result<Self, RecordError> {
        let record = Record::from_bytes(bytes)?;
        Ok(Self {
            seq: record.seq,
            hash: Record::hash(bytes),
            bytes: STANDARD.encode(bytes),
            record,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tail {
    records: u64,
    last_seq: u64,
    last_hash: Hash,
    signature: Signature,
}

/// What the device signs.
fn signed_bytes(content: Hash, records: u64, last_seq: u64, last_hash: Hash) -> Vec<u8> {
    let numbers = [records.to_be_bytes(), last_seq.to_be_bytes()].concat();
    [content.0.as_slice(), &numbers, &last_hash.0].concat()
}

/// One line as it stands in the file. The same value always gives the same bytes.
fn rendered(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    Ok(line)
}
