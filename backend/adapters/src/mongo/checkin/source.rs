//! One moment of an event's logs, read within one transaction, by a thread that may
//! wait.
//!
//! MongoDB ends a transaction after 60 seconds (`transactionLifetimeLimitSeconds`).
//! What could not be read in that time is begun again over a new moment, up to
//! [`MOST_TRIES`] times; a report keeps what it has read of the devices' logs, so it
//! gets further each time. After that it is told as a failure.

use super::read::{Read, array, number, some, sorted};
use super::{devices, feed, keys, log, records};
use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::id;
use crate::mongo::error::MongoError;
use crate::mongo::schema;
use gateline_common::ids::{DeviceId, EventId, Serial};
use gateline_common::{Hash, Signature, Timestamp};
use gateline_core::checkin::Device;
use gateline_core::checkin::figures::Figures;
use gateline_core::checkin::log::{LogHead, StoredBatch, StoredRecord};
use gateline_core::checkin::ports::{EventLog, LogSource, Look, TakeTicket, Which};
use gateline_core::checkin::ticket::{TicketKey, TicketState};
use gateline_core::shared::StoreError;
use mongodb::bson::{Bson, doc};
use mongodb::error::TRANSIENT_TRANSACTION_ERROR;
use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use tokio::runtime::Handle;
use tokio::task::JoinError;

/// How often a look is begun.
const MOST_TRIES: usize = 3;
/// Tickets that are read at once, with their records.
const TICKETS: u32 = 500;

/// Lets `look` read an event's logs as of one moment.
pub(super) async fn look(db: &MongoDb, event: EventId, mut look: Look) -> Result<(), StoreError> {
    for _ in 0..MOST_TRIES {
        let tx = db.tries().begin().await?;
        let threads = Handle::current();
        let looked = tokio::task::spawn_blocking(move || {
            let moment = Moment {
                tx: RefCell::new(tx),
                event,
                threads,
                is_over: Cell::new(false),
            };
            let seen = look(&moment);
            (moment.tx.into_inner(), moment.is_over.get(), seen, look)
        });
        let failed = |error: JoinError| StoreError::Failed(error.to_string());
        let (mut tx, is_over, seen, again) = looked.await.map_err(failed)?;
        look = again;
        if is_over || seen.is_err() {
            drop(tx.session.abort_transaction().await);
            if !is_over {
                return seen;
            }
            continue;
        }
        // Only now it is sure that what was read is what a majority holds.
        match tx.session.commit_transaction().await {
            Err(error) if error.contains_label(TRANSIENT_TRANSACTION_ERROR) => {}
            other => return Ok(other.map_err(MongoError::from)?),
        }
    }
    let slow = "the logs could not be read in the time that a transaction has";
    Err(StoreError::Failed(slow.to_owned()))
}

/// The moment.
struct Moment {
    tx: RefCell<Tx>,
    event: EventId,
    threads: Handle,
    /// The server ended the transaction.
    is_over: Cell<bool>,
}

impl Moment {
    /// Waits for what is read.
    fn wait<T>(
        &self,
        read: impl AsyncFnOnce(&mut Tx) -> Result<T, MongoError>,
    ) -> Result<T, StoreError> {
        let mut tx = self.tx.borrow_mut();
        let read = self.threads.block_on(read(&mut tx));
        read.map_err(|error| {
            if let MongoError::Driver(error) = &error {
                let ended = error.contains_label(TRANSIENT_TRANSACTION_ERROR);
                self.is_over.set(self.is_over.get() || ended);
            }
            error.into()
        })
    }

    fn key(&self, serial: Serial) -> TicketKey {
        TicketKey {
            event: self.event,
            serial,
        }
    }

    /// The next tickets after a serial.
    fn serials(&self, which: Which, after: i64) -> Result<BTreeSet<i64>, StoreError> {
        self.wait(async |tx| match which {
            Which::InQuestion => serials(tx, self.event, "tickets", "in_question", after).await,
            Which::Scanned => serials(tx, self.event, "records", "serial", after).await,
        })
    }
}

impl LogSource for Moment {
    fn devices(&self) -> Result<Vec<(Device, LogHead)>, StoreError> {
        self.wait(async |tx| devices::of_event(tx, self.event).await)
    }

    fn records(
        &self,
        device: DeviceId,
        first: u64,
        last: u64,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        self.wait(async |tx| records::between(tx, device, first, last).await)
    }

    fn batches(&self, device: DeviceId) -> Result<Vec<StoredBatch>, StoreError> {
        self.wait(async |tx| batches(tx, device).await)
    }

    fn pending(&self) -> Result<Vec<StoredRecord>, StoreError> {
        self.wait(async |tx| {
            let devices = devices::of_event(tx, self.event).await?;
            let ids = devices.iter().map(|(device, _)| id(device.device.0));
            let ids: Vec<Bson> = ids.collect();
            let waiting = doc! {"device": {"$in": ids}, "pending": schema::set()};
            records::all(tx, waiting).await
        })
    }

    fn tickets(&self, which: Which, take: &mut TakeTicket<'_>) -> Result<(), StoreError> {
        let mut after = -1;
        loop {
            let serials = self.serials(which, after)?;
            let Some(last) = serials.last() else {
                return Ok(());
            };
            after = *last;
            let keys = serials.iter().map(|serial| serial.cast_unsigned());
            let keys = keys.map(|serial| self.key(Serial::truncate(serial)));
            let keys: BTreeSet<TicketKey> = keys.collect();
            let tickets = self.wait(async |tx| log::tickets(tx, &keys).await)?;
            tickets
                .into_iter()
                .for_each(|(ticket, records)| take(ticket, records));
        }
    }

    fn ticket(
        &self,
        serial: Serial,
    ) -> Result<Option<(TicketState, Vec<StoredRecord>)>, StoreError> {
        self.wait(async |tx| log::ticket(tx, self.key(serial)).await)
    }

    fn figures(&self) -> Result<Figures, StoreError> {
        let found = self.wait(async |tx| feed::figures(tx, self.event).await);
        Ok(found?.0)
    }
}

/// Serials in a field of an event's documents, in order.
async fn serials(
    read: &mut impl Read,
    event: EventId,
    collection: &str,
    field: &str,
    after: i64,
) -> Result<BTreeSet<i64>, MongoError> {
    let mut more = schema::set();
    more.insert("$gt", after);
    let filter = doc! {"event": i64::from(event.0), field: more};
    let mut options = some(doc! {"event": 1, field: 1}, TICKETS);
    options.projection = Some(doc! {"_id": 0, field: 1});
    let found = read.all(collection, filter, options).await?;
    found.iter().map(|found| number(found, field)).collect()
}

async fn batches(read: &mut impl Read, device: DeviceId) -> Result<Vec<StoredBatch>, MongoError> {
    let found = read.all("batches", keys::batches(device), sorted(doc! {"_id": 1}));
    let found = found.await?;
    let batches = found.iter().map(|found| {
        Ok(StoredBatch {
            device,
            first_seq: number(found, "first_seq")?,
            last_seq: number(found, "last_seq")?,
            last_hash: Hash(array(found, "last_hash")?),
            signature: Signature(array(found, "signature")?),
            received_at: Timestamp(number(found, "received_at")?),
            receipt: Signature(array(found, "receipt")?),
        })
    });
    batches.collect()
}

/// Everything that reconciliation of an event starts from.
pub(super) async fn event_log(
    read: &mut impl Read,
    event: EventId,
) -> Result<EventLog, MongoError> {
    let mut log = EventLog {
        devices: devices::of_event(read, event).await?,
        ..EventLog::default()
    };
    for (device, _) in &log.devices {
        let id = device.device;
        let all = records::between(read, id, 0, u64::MAX).await?;
        log.records.extend(all);
        log.batches.extend(batches(read, id).await?);
    }
    let mut after = -1;
    loop {
        let serials = serials(read, event, "records", "serial", after).await?;
        let Some(last) = serials.last() else {
            return Ok(log);
        };
        after = *last;
        let keys: BTreeSet<TicketKey> = serials
            .iter()
            .map(|serial| TicketKey {
                event,
                serial: Serial::truncate(serial.cast_unsigned()),
            })
            .collect();
        let tickets = log::tickets(read, &keys).await?;
        log.tickets
            .extend(tickets.into_iter().map(|(ticket, _)| ticket));
    }
}
