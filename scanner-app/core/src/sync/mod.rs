//! The sync client: enrolment, the signed manifest, attendee lists, upload of
//! the log, confirmation of admissions, and the push channel.
//!
//! Always true: a scan is deleted by nothing here; a record is sent until the
//! server has answered for it; what the server cannot use is noted and blocks
//! nothing behind it. Sync decides about no guest.

mod absorb;
mod address;
mod backoff;
mod client;
mod confirm;
mod enrol;
mod error;
mod exchange;
mod feeds;
mod held;
mod indexing;
mod link;
mod manifest;
mod pages;
mod push;
mod revoked;
mod run;
mod tls;

pub use client::Client;
pub(crate) use confirm::Asked;
pub(crate) use enrol::enrol;
pub use error::SyncError;
pub(crate) use exchange::Tally;
pub(crate) use held::Held;
pub(crate) use link::LinkNow;
pub(crate) use run::Running;

use crate::clock::Clock;
use crate::store::{Identity, Known, StoreError, StoreOwner, list, log};
use gateline_common::Hash;
use gateline_common::ids::{DeviceId, EventId};
use gateline_common::sync::{ClockReading, Record, RecordBody, Scan, Subject};
use gateline_common::time::{DAY_MS, Timestamp};
use rusqlite::Connection;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use ticket_crypto::TicketCode;
use tokio::sync::Notify;

/// The exchanges of one device with its server.
pub(crate) struct Syncer {
    store: StoreOwner,
    clock: Arc<dyn Clock>,
    /// Answers faster than this are worth waiting for, milliseconds.
    fast_ms: u64,
    connection: Mutex<Option<Arc<Connected>>>,
    link: Mutex<LinkNow>,
    went_back_to: Mutex<Option<u64>>,
    /// Lists that have more to read than the last answer brought.
    behind: Mutex<BTreeSet<EventId>>,
    held: Held,
    /// One question at a time: the next would carry this one's record along,
    /// and without its question it counts.
    asking: tokio::sync::Mutex<()>,
    running: tokio::sync::Mutex<()>,
    /// An exchange has ended, well or not.
    changed: Notify,
    /// The same, for the index that follows behind the lists.
    exchanged: Notify,
    /// Exchange now, whatever the pause.
    wake: Notify,
    /// There is something to send; while the server is away, this waits.
    nudge: Notify,
}

/// Who this device is, and the way to its server.
pub(crate) struct Connected {
    pub(crate) who: Identity,
    client: Client,
}

impl Syncer {
    pub(crate) fn new(store: StoreOwner, clock: Arc<dyn Clock>, fast_ms: u64) -> Self {
        Self {
            store,
            clock,
            fast_ms,
            connection: Mutex::new(None),
            link: Mutex::new(LinkNow::new(false)),
            went_back_to: Mutex::new(None),
            behind: Mutex::default(),
            held: Held::default(),
            asking: tokio::sync::Mutex::default(),
            running: tokio::sync::Mutex::new(()),
            changed: Notify::new(),
            exchanged: Notify::new(),
            wake: Notify::new(),
            nudge: Notify::new(),
        }
    }

    /// Who this device is; `NotEnrolled` before it was enrolled.
    pub(crate) async fn connected(&self) -> Result<Arc<Connected>, SyncError> {
        if let Some(connected) = lock(&self.connection).clone() {
            return Ok(connected);
        }
        let who = self
            .store
            .call(|store| store.identity())
            .await?
            .ok_or(StoreError::NotEnrolled)?;
        let client = Client::new(&who.server, who.certificate, Some(&who.credential))?;
        if who.revoked_at.is_some() {
            self.link().failed(&SyncError::Revoked);
        }
        let connected = Arc::new(Connected { who, client });
        *lock(&self.connection) = Some(Arc::clone(&connected));
        Ok(connected)
    }

    /// No exchange runs while the answer is held.
    pub(crate) async fn still(&self) -> [tokio::sync::MutexGuard<'_, ()>; 2] {
        [self.running.lock().await, self.asking.lock().await]
    }

    /// This device is about to be, or has become, another one.
    pub(crate) fn forget(&self) {
        *lock(&self.connection) = None;
        *self.link() = LinkNow::new(false);
        *lock(&self.went_back_to) = None;
        lock(&self.behind).clear();
    }

    pub(crate) fn link(&self) -> MutexGuard<'_, LinkNow> {
        lock(&self.link)
    }

    /// The admissions that the server is being asked about.
    pub(crate) fn held(&self) -> Held {
        self.held.clone()
    }

    /// Waits until an exchange has ended, well or not.
    pub(crate) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Exchange now.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// There is something to send.
    pub(crate) fn nudge(&self) {
        self.nudge.notify_one();
    }

    /// The server answered a request that was sent at `sent_ms` (steady).
    fn answered(&self, sent_ms: u64) {
        let now_ms = self.clock.steady_ms();
        let fast = now_ms.saturating_sub(sent_ms) < self.fast_ms;
        self.link().answered(now_ms, self.clock.now().0, fast);
    }
}

/// Compares the clocks after a request that was sent at `sent_ms` (steady):
/// the server's time was read somewhere within the round trip.
fn compare_clocks(clock: &dyn Clock, sent_ms: u64, server: Timestamp) -> ClockReading {
    let round_trip = clock.steady_ms().saturating_sub(sent_ms);
    let half = i64::try_from(round_trip / 2).unwrap_or(i64::MAX);
    ClockReading {
        offset_ms: server.plus_ms(half).since_ms(clock.now()),
        uncertainty_ms: u32::try_from(round_trip.div_ceil(2)).unwrap_or(u32::MAX - 1),
    }
}

/// Is an event over by the server's clock, so that its personal data leaves this device?
pub(crate) fn is_over(ends_at: Timestamp, now: Timestamp) -> bool {
    now.since_ms(ends_at) > DAY_MS
}

/// The event and serial of a scan, as its record says.
pub(crate) fn ticket_of(scan: &Scan) -> Option<(EventId, gateline_common::ids::Serial)> {
    let serial = match &scan.subject {
        Subject::Code(bytes) => TicketCode::parse(bytes).ok()?.claims().serial,
        Subject::Listed(serial) => *serial,
        Subject::Foreign { .. } => return None,
    };
    Some((scan.event, serial))
}

/// Is it a scan?
pub(crate) fn is_scan(record: &Record) -> bool {
    matches!(record.body, RecordBody::Scan(_))
}

/// The scan with this number was undone or withdrawn: its passage goes.
pub(crate) fn forget_passage(
    db: &Connection,
    known: Option<&Known>,
    device: DeviceId,
    seq: u64,
) -> Result<(), StoreError> {
    let Some(record) = log::record(db, seq)? else {
        return Ok(());
    };
    if let RecordBody::Scan(scan) = &record.body
        && let Some((event, serial)) = ticket_of(scan)
    {
        let rules = known.and_then(|known| known.rules(event));
        list::remove_passage(db, event, rules, serial, device, seq)?;
        // Nobody came in on it, so a rotating code may be shown again.
        if let Subject::Code(code) = &scan.subject {
            list::forget_proof(db, &Hash::of(&[code]))?;
        }
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves nothing half-written in these small values.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
