//! Keys that sort as their parts do, so that the index of `_id` is the one that
//! logs are read by: each part big-endian, one after the other.

use crate::mongo::documents::bytes;
use crate::mongo::error::MongoError;
use gateline_common::Hash;
use gateline_common::ids::{DeviceId, EventId};
use gateline_core::checkin::log::{StoredBatch, StoredRecord};
use gateline_core::checkin::ticket::TicketKey;
use mongodb::bson::{Bson, Document, doc};
use uuid::Uuid;

const RECORD: usize = 16 + 8 + 32;

pub(super) fn record(device: DeviceId, seq: u64, hash: Hash) -> Bson {
    joined(&[device.0.as_bytes(), &seq.to_be_bytes(), hash.as_bytes()])
}

pub(super) fn of_record(record: &StoredRecord) -> Bson {
    self::record(record.device, record.seq, record.hash)
}

/// The parts of a record's key.
pub(super) fn parts(document: &Document) -> Result<(DeviceId, u64, Hash), MongoError> {
    let damaged = || MongoError::Document("the key of a record is damaged".to_owned());
    let key = match document.get("_id") {
        Some(Bson::Binary(key)) if key.bytes.len() == RECORD => &key.bytes,
        _ => return Err(damaged()),
    };
    let (device, rest) = key.split_at(16);
    let (seq, hash) = rest.split_at(8);
    Ok((
        DeviceId(Uuid::from_slice(device).map_err(|_| damaged())?),
        u64::from_be_bytes(seq.try_into().map_err(|_| damaged())?),
        Hash(hash.try_into().map_err(|_| damaged())?),
    ))
}

/// The records of a device in a range of sequences.
pub(super) fn log(device: DeviceId, first: u64, last: u64) -> Document {
    let lowest = record(device, first, Hash::ZERO);
    let highest = record(device, last, Hash([0xff; 32]));
    doc! {"_id": {"$gte": lowest, "$lte": highest}}
}

pub(super) fn batch(batch: &StoredBatch) -> Bson {
    batch_at(
        batch.device,
        batch.first_seq,
        batch.last_seq,
        batch.last_hash,
    )
}

/// The batches of a device.
pub(super) fn batches(device: DeviceId) -> Document {
    let lowest = batch_at(device, 0, 0, Hash::ZERO);
    let highest = batch_at(device, u64::MAX, u64::MAX, Hash([0xff; 32]));
    doc! {"_id": {"$gte": lowest, "$lte": highest}}
}

fn batch_at(device: DeviceId, first: u64, last: u64, hash: Hash) -> Bson {
    joined(&[
        device.0.as_bytes(),
        &first.to_be_bytes(),
        &last.to_be_bytes(),
        hash.as_bytes(),
    ])
}

pub(super) fn ticket(ticket: TicketKey) -> Bson {
    joined(&[
        &ticket.event.0.to_be_bytes(),
        &ticket.serial.get().to_be_bytes(),
    ])
}

pub(super) fn rules(event: EventId, version: u64) -> Bson {
    joined(&[&event.0.to_be_bytes(), &version.to_be_bytes()])
}

pub(super) fn contact(event: EventId, device: DeviceId) -> Bson {
    joined(&[&event.0.to_be_bytes(), device.0.as_bytes()])
}

fn joined(parts: &[&[u8]]) -> Bson {
    bytes(&parts.concat())
}
