//! Taking in an upload: read it, judge it over what is held, store everything in
//! one transaction, answer with a receipt and what other devices did since.

use super::CheckIn;
use super::batch::Batch;
use super::contact;
use super::device::Device;
use super::error::CheckInError;
use super::ingest::{Asked, Ingest, Ingested};
use super::log::StoredBatch;
use super::organization::Organization;
use super::ports::{LogQuery, LogView};
use super::published;
use super::tally::EventBook;
use crate::shared::StoreError;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, GateId};
use gateline_common::sync::{
    Cursor, QuarantineReason, Receipt, RecordOutcome, SignedReceipt, UploadAnswer, UploadRequest,
};
use std::collections::BTreeMap;
use std::sync::Arc;
use ticket_crypto::detached::{self, Domain};

/// The most feeds that one exchange may follow.
pub const MAX_CURSORS: usize = 32;
/// Records that are taken in at once, of all devices together: each holds memory
/// while it is. When a venue comes back, all of its gates send what they have.
pub(super) const MOST_AT_ONCE: usize = 1_600;
/// How often an upload starts again because others changed the same tickets.
const MOST_TRIES: usize = 64;

/// What an upload reads before it is judged. Shared with the thread that judges.
pub(super) struct Reading {
    pub(super) device: Device,
    pub(super) org: Organization,
    pub(super) batch: Batch,
    pub(super) books: BTreeMap<EventId, EventBook>,
    pub(super) view: LogView,
    pub(super) now: Timestamp,
}

/// What was stored of a batch.
pub(super) struct Stored {
    pub(super) outcomes: Vec<RecordOutcome>,
    pub(super) receipt: Option<SignedReceipt>,
    pub(super) unbroken: u64,
    /// Where the device stands, by event, as far as the batch says.
    pub(super) gates: BTreeMap<EventId, GateId>,
}

impl CheckIn {
    /// Takes in what a device uploads. A revoked device may still do so; its
    /// records are set aside and it learns nothing.
    ///
    /// # Errors
    /// `Invalid` and `TooLarge` for what no batch may be; `Busy` when others
    /// changed the same tickets again and again; store failures.
    pub async fn upload(
        &self,
        device: &Device,
        request: UploadRequest,
    ) -> Result<UploadAnswer, CheckInError> {
        check_cursors(&request.cursors)?;
        let stored = match request.batch {
            Some(batch) => {
                let batch = Batch::read(device.device, &device.key, batch)?;
                self.take_in(device, batch).await?
            }
            None => self.nothing_taken_in(device).await?,
        };
        self.answer(device, &request.cursors, stored).await
    }

    async fn take_in(&self, device: &Device, batch: Batch) -> Result<Stored, CheckInError> {
        let records = u32::try_from(batch.records.len()).unwrap_or(u32::MAX);
        let _place = self.taking_in.acquire_many(records).await;
        for _ in 0..MOST_TRIES {
            let reading = self.read(device, batch.clone()).await?;
            // More at once than there are cores would only hold memory.
            let core = self.judging.acquire().await;
            let (reading, ingested) = judge(Arc::new(reading), Asked::Nothing).await?;
            drop(core);
            match self.store_ingested(&reading, ingested, None).await {
                Err(CheckInError::Store(StoreError::Conflict)) => {}
                other => return other,
            }
        }
        Err(CheckInError::Busy)
    }

    pub(super) async fn read(
        &self,
        device: &Device,
        batch: Batch,
    ) -> Result<Reading, CheckInError> {
        let now = self.clock.now();
        let query = LogQuery {
            device: device.device,
            first: batch.first,
            last: batch.last,
            targets: batch.targets(),
            tickets: batch.tickets(),
        };
        let view = self.store.log(&query).await?;
        let mut events = batch.events();
        events.extend(view.tickets.iter().map(|(ticket, _)| ticket.key.event));
        events.sort();
        events.dedup();
        Ok(Reading {
            books: self.books(device.org, events).await?,
            org: self.organization(device.org, now).await?,
            device: device.clone(),
            batch,
            view,
            now,
        })
    }

    /// Stores what was judged, with batch and receipt, and wakes whoever waits.
    pub(super) async fn store_ingested(
        &self,
        reading: &Reading,
        ingested: Ingested,
        guard: Option<(EventId, u64)>,
    ) -> Result<Stored, CheckInError> {
        let receipt = receipt(reading, &ingested.outcomes);
        let unbroken = ingested
            .write
            .head
            .map_or(reading.view.head, |(_, head)| head);
        let stored = Stored {
            outcomes: ingested.outcomes,
            receipt,
            unbroken: unbroken.unbroken,
            gates: contact::gates_of(&reading.batch),
        };
        let mut write = ingested.write;
        let untouched = write.records.is_empty() && write.amended.is_empty();
        if untouched && write.head.is_none() {
            return Ok(stored);
        }
        write.guard = guard;
        write.batch = receipt.map(|receipt| batch_of(reading, &receipt));
        let commit = published::commit(reading, &write, &ingested.doubled);
        self.store.write_log(&write, &commit).await?;
        self.tell(reading.device.org, write.deltas.events());
        Ok(stored)
    }

    async fn nothing_taken_in(&self, device: &Device) -> Result<Stored, CheckInError> {
        let query = LogQuery {
            device: device.device,
            first: 1,
            last: 0,
            targets: Vec::new(),
            tickets: Vec::new(),
        };
        let view = self.store.log(&query).await?;
        Ok(Stored {
            outcomes: Vec::new(),
            receipt: None,
            unbroken: view.head.unbroken,
            gates: BTreeMap::new(),
        })
    }

    /// The answer to a device, with the feeds since its cursors.
    pub(super) async fn answer(
        &self,
        device: &Device,
        cursors: &[Cursor],
        stored: Stored,
    ) -> Result<UploadAnswer, CheckInError> {
        let mut feeds = Vec::new();
        let mut manifest_version = 0;
        if device.revoked_at.is_none() {
            for cursor in cursors {
                let Some(page) = self.feed_since(device, cursor).await? else {
                    continue;
                };
                if !page.more {
                    let gate = stored.gates.get(&page.event).copied();
                    self.note_contact(device, page.event, gate).await?;
                }
                feeds.push(page);
            }
            let org = self.organization(device.org, self.clock.now()).await?;
            manifest_version = org.manifest_version;
        }
        Ok(UploadAnswer {
            outcomes: stored.outcomes,
            receipt: stored.receipt,
            unbroken: stored.unbroken,
            feeds,
            manifest_version,
            server_time: self.clock.now(),
        })
    }
}

pub(super) fn check_cursors(cursors: &[Cursor]) -> Result<(), CheckInError> {
    if cursors.len() > MAX_CURSORS {
        return Err(CheckInError::TooLarge("too many feeds in one exchange"));
    }
    Ok(())
}

/// Judges a reading off the threads that serve requests: it verifies a signature
/// per scan.
pub(super) async fn judge(
    reading: Arc<Reading>,
    asked: Asked,
) -> Result<(Arc<Reading>, Ingested), CheckInError> {
    tokio::task::spawn_blocking(move || {
        let ingested = reading.ingest(&reading.batch, &asked);
        (reading, ingested)
    })
    .await
    .map_err(|error| CheckInError::Unusable(error.to_string()))
}

impl Reading {
    pub(super) fn ingest(&self, batch: &Batch, asked: &Asked) -> Ingested {
        Ingest {
            device: &self.device,
            root_key: &self.org.root_key().public_key(),
            events: &self.books,
            batch,
            view: &self.view,
            now: self.now,
            asked,
        }
        .run()
    }
}

/// The receipt for the last record of a batch that the device signed.
fn receipt(reading: &Reading, outcomes: &[RecordOutcome]) -> Option<SignedReceipt> {
    use gateline_common::sync::Outcome::Quarantined;
    let last = outcomes.last()?;
    if !reading.batch.signed || last.outcome == Quarantined(QuarantineReason::BadSignature) {
        return None;
    }
    let receipt = Receipt {
        device: reading.device.device,
        seq: last.seq,
        hash: last.hash,
        at: reading.now,
    };
    let bytes = receipt.to_signed_bytes();
    Some(SignedReceipt {
        receipt,
        signature: detached::sign(&reading.org.root_key(), Domain::Receipt, &bytes),
    })
}

fn batch_of(reading: &Reading, receipt: &SignedReceipt) -> StoredBatch {
    StoredBatch {
        device: reading.device.device,
        first_seq: reading.batch.first,
        last_seq: reading.batch.last,
        last_hash: receipt.receipt.hash,
        signature: reading.batch.signature,
        received_at: receipt.receipt.at,
        receipt: receipt.signature,
    }
}
