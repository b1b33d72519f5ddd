//! Storing an upload: records, standings, tickets with their feed positions, and
//! figures, all in one transaction.
//!
//! What a writer of an event moves comes first: of two that meet there, one is
//! told at once, before it has done anything else.

use super::read::{number, text};
use super::{history, keys, records};
use crate::mongo::bulk::Change;
use crate::mongo::commit;
use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{bytes, id, number as written};
use crate::mongo::error::{MongoError, hit, on_duplicate};
use gateline_common::ids::{DeviceId, EventId};
use gateline_common::sync::QuarantineReason;
use gateline_core::checkin::log::{LogHead, StoredBatch};
use gateline_core::checkin::ports::{LogWrite, TicketWrite};
use gateline_core::shared::{Commit, StoreError};
use mongodb::bson::{Bson, Document, doc};
use std::collections::{BTreeMap, BTreeSet};

/// An upload with what its documents are made of: others wait for a transaction,
/// which is not to spend its time on that.
pub(super) struct Prepared<'a> {
    write: &'a LogWrite,
    /// The tickets' documents.
    docs: Vec<Bson>,
    records: Vec<Document>,
    /// Of each event, what becomes of its feed's document.
    progress: BTreeMap<EventId, Progress>,
    /// Events that the device sent scans of.
    scanned: BTreeSet<(DeviceId, EventId)>,
}

/// How far an event's feed, its count of changes and its figures go on.
#[derive(Default)]
struct Progress {
    /// How many positions; then the last one given out.
    position: u64,
    changes: u64,
    /// The changes that there must have been.
    guard: Option<u64>,
    figures: Document,
}

impl<'a> Prepared<'a> {
    pub(super) fn of(write: &'a LogWrite) -> Result<Self, MongoError> {
        let docs = write.tickets.iter().map(|write| text(&write.ticket));
        let mut records = Vec::with_capacity(write.records.len());
        let mut scanned = BTreeSet::new();
        for record in &write.records {
            let event = record.scanned_event();
            scanned.extend(event.map(|event| (record.device, event)));
            records.push(records::document(record, event.is_some())?);
        }
        Ok(Self {
            docs: docs.collect::<Result<_, _>>()?,
            records,
            progress: progress(write)?,
            scanned,
            write,
        })
    }

    /// The events that the upload moves.
    pub(super) fn events(&self) -> impl Iterator<Item = EventId> {
        self.progress.keys().copied()
    }

    /// Stores it. `replacing`: records that are held as not signed make room first.
    pub(super) async fn store(
        &self,
        tx: &mut Tx,
        db: &MongoDb,
        replacing: &mut bool,
        commit: &Commit,
    ) -> Result<(), MongoError> {
        if !self.progress.is_empty() {
            history::go_on(tx, db).await?;
        }
        let mut before = BTreeMap::new();
        for (event, progress) in &self.progress {
            before.insert(*event, progress.begin(tx, *event).await?);
        }
        commit::apply(tx, commit).await?;
        self.devices(tx).await?;
        self.tickets(tx, before).await?;
        self.records(tx, replacing).await?;
        self.amend(tx).await?;
        match &self.write.batch {
            Some(batch) => self::batch(tx, batch).await,
            None => Ok(()),
        }
    }

    async fn devices(&self, tx: &mut Tx) -> Result<(), MongoError> {
        if let Some((device, new)) = &self.write.head {
            let before = doc! {"_id": id(device.0), "log_version": written(new.version)};
            hit(tx.update("devices", before, moved(new)).await?)?;
        }
        let visits = self.scanned.iter().map(|(device, event)| {
            let visit = doc! {"$addToSet": {"events": i64::from(event.0)}};
            Change::of(doc! {"_id": id(device.0)}, visit)
        });
        tx.update_each("devices", visits.collect()).await?;
        Ok(())
    }

    /// Stores tickets; `before` are the positions before their own.
    async fn tickets(
        &self,
        tx: &mut Tx,
        mut before: BTreeMap<EventId, u64>,
    ) -> Result<(), MongoError> {
        let (mut new, mut changed) = (Vec::new(), Vec::new());
        for (write, doc) in self.write.tickets.iter().zip(&self.docs) {
            let ticket = &write.ticket;
            let key = keys::ticket(ticket.key);
            let serial = written(ticket.key.serial.get());
            let asked = ticket.is_in_question();
            let mut fields = doc! {
                "doc": doc,
                "in_question": if asked { serial.clone() } else { Bson::Null },
            };
            if moves(write) {
                let last = before.entry(ticket.key.event).or_default();
                *last += 1;
                fields.insert("position", written(*last));
            }
            if ticket.version == 0 {
                fields.insert("_id", key);
                fields.insert("event", i64::from(ticket.key.event.0));
                fields.insert("serial", serial);
                fields.insert("version", 1_i64);
                new.push(fields);
            } else {
                let filter = doc! {"_id": key, "version": written(ticket.version)};
                let update = doc! {"$set": fields, "$inc": {"version": 1_i64}};
                changed.push(Change::of(filter, update));
            }
        }
        on_duplicate(
            tx.insert_many("tickets", new).await,
            StoreError::Conflict.into(),
        )?;
        all_hit(tx, "tickets", changed).await
    }

    /// A duplicate ends the transaction, so what is held as not signed makes room
    /// in the next try.
    async fn records(&self, tx: &mut Tx, replacing: &mut bool) -> Result<(), MongoError> {
        if self.records.is_empty() {
            return Ok(());
        }
        if *replacing {
            let ids: Vec<Bson> = self.write.records.iter().map(keys::of_record).collect();
            let unsigned = text(&QuarantineReason::BadSignature)?;
            let room = doc! {"_id": {"$in": ids}, "quarantine": unsigned};
            tx.delete("records", room).await?;
        }
        match tx.insert_many("records", self.records.clone()).await {
            Err(error) if error.is_duplicate() && !*replacing => {
                *replacing = true;
                Err(MongoError::Again)
            }
            other => on_duplicate(other, StoreError::Conflict.into()),
        }
    }

    async fn amend(&self, tx: &mut Tx) -> Result<(), MongoError> {
        let mut changes = Vec::with_capacity(self.write.amended.len());
        for change in &self.write.amended {
            let key = keys::record(change.device, change.seq, change.hash);
            let fields = doc! {"$set": records::amended(change)?};
            changes.push(Change::of(doc! {"_id": key}, fields));
        }
        all_hit(tx, "records", changes).await
    }
}

fn progress(write: &LogWrite) -> Result<BTreeMap<EventId, Progress>, MongoError> {
    let mut events: BTreeMap<EventId, Progress> = BTreeMap::new();
    for write in &write.tickets {
        let (moves, passages) = (moves(write), write.passages);
        if moves || passages {
            let event = events.entry(write.ticket.key.event).or_default();
            event.position += u64::from(moves);
            event.changes += u64::from(passages);
        }
    }
    for (event, figure, by) in write.deltas.iter() {
        let figure = format!("figures.{}", serde_json::to_string(&figure)?);
        let figures = &mut events.entry(event).or_default().figures;
        figures.insert(figure, by);
    }
    if let Some((event, changes)) = write.guard {
        events.entry(event).or_default().guard = Some(changes);
    }
    Ok(events)
}

const fn moves(write: &TicketWrite) -> bool {
    write.moves || write.ticket.version == 0
}

impl Progress {
    /// Reserves the positions; returns the last one before them.
    ///
    /// A guard that only read the count would not meet a writer that raises it
    /// meanwhile, so it writes too.
    async fn begin(&self, tx: &mut Tx, event: EventId) -> Result<u64, MongoError> {
        let mut filter = doc! {"_id": i64::from(event.0)};
        let mut by = self.figures.clone();
        by.insert("position", written(self.position));
        by.insert("changes", written(self.changes));
        if let Some(changes) = self.guard {
            filter.insert("changes", written(changes));
            by.insert("guarded", 1_i64);
        }
        let now = tx.change("feeds", filter, doc! {"$inc": by}).await?;
        let now = now.ok_or(StoreError::Conflict)?;
        Ok(number::<u64>(&now, "position")?.saturating_sub(self.position))
    }
}

fn moved(head: &LogHead) -> Document {
    doc! {
        "$set": {
            "unbroken": written(head.unbroken),
            "highest": written(head.highest),
            "last_scan": written(head.last_scan),
        },
        "$inc": {"log_version": 1_i64},
    }
}

async fn all_hit(tx: &mut Tx, collection: &str, changes: Vec<Change>) -> Result<(), MongoError> {
    let all = changes.len() as u64;
    if tx.update_each(collection, changes).await? == all {
        Ok(())
    } else {
        Err(StoreError::Conflict.into())
    }
}

async fn batch(tx: &mut Tx, batch: &StoredBatch) -> Result<(), MongoError> {
    let key = doc! {"_id": keys::batch(batch)};
    let kept = doc! {"$setOnInsert": {
        "last_hash": bytes(batch.last_hash.as_bytes()),
        "first_seq": written(batch.first_seq),
        "last_seq": written(batch.last_seq),
        "signature": bytes(batch.signature.as_bytes()),
        "received_at": batch.received_at.0,
        "receipt": bytes(batch.receipt.as_bytes()),
    }};
    tx.upsert("batches", key, kept).await
}
