//! Records as documents: exact bytes with the fields that decide what they count
//! for. Their keys sort as their logs do.

use super::keys;
use super::read::{Read, binary, maybe, number, optional, some, sorted, text_of};
use crate::mongo::documents::{bytes, id, number as written};
use crate::mongo::error::MongoError;
use crate::mongo::schema;
use gateline_common::Timestamp;
use gateline_common::ids::{DeviceId, EventId, Serial};
use gateline_common::sync::QuarantineReason;
use gateline_core::checkin::log::StoredRecord;
use gateline_core::checkin::ports::Amended;
use gateline_core::checkin::ticket::TicketKey;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;

pub(super) fn document(record: &StoredRecord, is_scan: bool) -> Result<Document, MongoError> {
    let standing = Standing {
        seq: record.seq,
        quarantine: record.quarantine,
        ticket: record.ticket,
        pending: record.pending,
    };
    let mut document = standing.fields()?;
    document.extend(doc! {
        "_id": keys::of_record(record),
        "device": id(record.device.0),
        "bytes": bytes(&record.bytes),
        "scan": is_scan,
        "target": record.target.map_or(Bson::Null, written),
        "at": record.at.0,
        "not_before": record.not_before.map(|at| at.0),
        "received_at": record.received_at.0,
        "confirmed": text_of(record.confirmed.as_ref())?,
    });
    Ok(document)
}

/// What of a record may change.
pub(super) fn amended(change: &Amended) -> Result<Document, MongoError> {
    let standing = Standing {
        seq: change.seq,
        quarantine: change.quarantine,
        ticket: change.ticket,
        pending: change.pending,
    };
    let mut fields = standing.fields()?;
    fields.insert("confirmed", text_of(change.confirmed.as_ref())?);
    Ok(fields)
}

struct Standing {
    seq: u64,
    quarantine: Option<QuarantineReason>,
    ticket: Option<TicketKey>,
    pending: bool,
}

impl Standing {
    /// `set_aside` and `pending` are sequences, so that their indexes hold what is
    /// sought in order, and nothing else.
    fn fields(&self) -> Result<Document, MongoError> {
        let revoked = self.quarantine == Some(QuarantineReason::Revoked);
        let seq_if = |is: bool| if is { written(self.seq) } else { Bson::Null };
        Ok(doc! {
            "quarantine": text_of(self.quarantine.as_ref())?,
            "set_aside": seq_if(revoked),
            "pending": seq_if(self.pending),
            "event": self.ticket.map(|ticket| i64::from(ticket.event.0)),
            "serial": self.ticket.map_or(Bson::Null, |ticket| written(ticket.serial.get())),
        })
    }
}

pub(super) fn read(found: &Document) -> Result<StoredRecord, MongoError> {
    let (device, seq, hash) = keys::parts(found)?;
    let event = maybe(found, "event")?.map(EventId);
    let serial = maybe(found, "serial")?.map(Serial::truncate);
    Ok(StoredRecord {
        device,
        seq,
        hash,
        bytes: binary(found, "bytes")?.to_vec(),
        quarantine: optional(found, "quarantine")?,
        ticket: event
            .zip(serial)
            .map(|(event, serial)| TicketKey { event, serial }),
        target: maybe(found, "target")?,
        at: Timestamp(number(found, "at")?),
        not_before: maybe(found, "not_before")?.map(Timestamp),
        received_at: Timestamp(number(found, "received_at")?),
        confirmed: optional(found, "confirmed")?,
        pending: maybe::<u64>(found, "pending")?.is_some(),
    })
}

pub(super) async fn between(
    from: &mut impl Read,
    device: DeviceId,
    first: u64,
    last: u64,
) -> Result<Vec<StoredRecord>, MongoError> {
    let found = from.all(
        "records",
        keys::log(device, first, last),
        sorted(doc! {"_id": 1}),
    );
    let found = found.await?;
    found.iter().map(read).collect()
}

/// The records of a filter by (device, sequence, hash): few, so the index need not
/// have that order.
pub(super) async fn all(
    from: &mut impl Read,
    filter: Document,
) -> Result<Vec<StoredRecord>, MongoError> {
    let options = FindOptions::builder()
        .batch_size(super::OF_ONE_ANSWER)
        .build();
    let found = from.all("records", filter, options).await?;
    let records: Result<Vec<StoredRecord>, _> = found.iter().map(read).collect();
    let mut records = records?;
    records.sort_by_key(|record| (record.device, record.seq, record.hash));
    Ok(records)
}

pub(super) async fn set_aside(
    from: &mut impl Read,
    device: DeviceId,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<StoredRecord>, MongoError> {
    let filter = doc! {
        "device": id(device.0),
        "set_aside": schema::set(),
        "received_at": {"$lte": until.0},
    };
    let options = some(doc! {"device": 1, "set_aside": 1}, limit);
    let found = from.all("records", filter, options).await?;
    found.iter().map(read).collect()
}
