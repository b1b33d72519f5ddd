//! The organizer's report: what reconciliation of all logs of an event found,
//! with names for people and proofs for third parties.
//!
//! Always true: it is made from the set of everything that is held, so it does
//! not depend on the order in which gates came back; each conflict carries the
//! exact records, the signed batches that hold them, and the keys to check them.

mod digest;
mod proof;
mod scanner_text;
mod shape;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub(super) use digest::Digests;
pub use proof::{BatchProof, Proof, RecordBytes};
pub use shape::{ConflictShown, DeviceShown, EventReport, ScanShown, TicketShown, WaitingShown};

use super::CheckIn;
use super::error::CheckInError;
use super::event::EventState;
use super::ports::{EventLog, LogSource};
use super::tally::{self, EventBook};
use crate::shared::{Principal, StoreError, cores};
use digest::{logged, receipt};
use futures::future::try_join_all;
use gateline_admission::Facts;
use gateline_admission::reconcile::{DeviceLog, LoggedRecord, Report, read_log, reconcile_logs};
use gateline_common::Hash;
use gateline_common::ids::{DeviceId, EventId};
use source::Finder;
use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};

/// The most logs that are read at once: each holds all of its records while it is.
const READ_AT_ONCE: usize = 4;

impl CheckIn {
    /// The report on an event.
    ///
    /// # Errors
    /// `NotFound` for an event of another organization, or one whose facts have
    /// not arrived.
    pub async fn report(
        &self,
        caller: &Principal,
        event: EventId,
    ) -> Result<EventReport, CheckInError> {
        let state = self.event_for(caller, event).await?;
        let missing = CheckInError::NotFound("event");
        let book = self.book(&state).await?.ok_or(missing.clone())?;
        let org = state.org().ok_or(missing)?;
        let organization = self.organization(org, self.clock.now()).await?;
        let exposure = self.exposure_of(&state).await?;
        let now = self.clock.now();
        let finder = Finder {
            state,
            book,
            digests: Arc::clone(&self.digests),
        };
        self.read_ahead(&finder).await?;
        self.look(event, move |source| {
            let found = finder.find(source)?;
            let names = shape::Names::of(&finder.state, &found);
            let mut shown = shape::shown(&names, &found, source, &organization, now)?;
            shown.exposure = exposure.clone();
            Ok(shown)
        })
        .await
    }

    /// Reads many logs at once where the report will need them: one thread would
    /// take long for what several can do.
    async fn read_ahead(&self, finder: &Finder) -> Result<(), CheckInError> {
        let (event, asking) = (finder.state.event, finder.clone());
        let unread = self
            .look(event, move |source| asking.unread(source))
            .await?;
        let share = unread.len().div_ceil(cores().min(READ_AT_ONCE));
        if share < 2 {
            return Ok(());
        }
        let shares = unread.chunks(share).map(|devices| {
            let (devices, finder) = (devices.to_vec(), finder.clone());
            self.look(event, move |source| finder.read(source, &devices).map(drop))
        });
        try_join_all(shares).await.map(drop)
    }

    /// What `look` finds.
    async fn look<T: Send + 'static>(
        &self,
        event: EventId,
        mut look: impl FnMut(&dyn LogSource) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, CheckInError> {
        let (answer, answers) = mpsc::channel();
        let look = move |source: &dyn LogSource| {
            // Whoever asked may have given up.
            drop(answer.send(look(source)?));
            Ok(())
        };
        self.store.look(event, Box::new(look)).await?;
        // The last look is the one that counts.
        let seen = answers.try_iter().last();
        seen.ok_or_else(|| CheckInError::Unusable("nobody looked".into()))
    }

    /// What reconciliation of an event's logs found, of every ticket that was
    /// scanned: the admission that counts, and what collides with it.
    ///
    /// # Errors
    /// As [`CheckIn::report`].
    pub async fn findings(
        &self,
        caller: &Principal,
        event: EventId,
    ) -> Result<Report, CheckInError> {
        let state = self.event_for(caller, event).await?;
        let book = self.book(&state).await?;
        let book = book.ok_or(CheckInError::NotFound("event"))?;
        let log = self.store.event_log(event).await?;
        tokio::task::spawn_blocking(move || reconciled(&state, &book, &log))
            .await
            .map_err(|error| CheckInError::Unusable(error.to_string()))
    }
}

/// Reconciles everything that is held.
fn reconciled(state: &EventState, book: &EventBook, log: &EventLog) -> Report {
    let facts = facts(book, log);
    let mut by_device: BTreeMap<DeviceId, Vec<LoggedRecord>> = BTreeMap::new();
    let mut refused = BTreeMap::new();
    for stored in log.records.iter().filter(|stored| stored.is_signed()) {
        let device = by_device.entry(stored.device).or_default();
        device.push(logged(stored));
        if let Some(cancelled) = tally::refused(stored) {
            refused.insert((stored.device, stored.seq, stored.hash), cancelled);
        }
    }
    let mut logs: Vec<DeviceLog> = by_device
        .into_iter()
        .map(|(device, records)| read_log(&facts, device, &records))
        .collect();
    for scan in logs.iter_mut().flat_map(|log| &mut log.scans) {
        if scan.cancelled.is_none() {
            scan.cancelled = refused.get(&(scan.device, scan.seq, scan.hash)).cloned();
        }
    }
    debug_assert_eq!(facts.event(), state.event);
    reconcile_logs(&facts, &logs)
}

fn facts(book: &EventBook, log: &EventLog) -> Facts {
    let mut facts = book.facts();
    facts.tickets = log
        .tickets
        .iter()
        .filter(|ticket| !ticket.history.is_empty())
        .map(|ticket| (ticket.key.serial, tally::states(ticket)))
        .collect();
    facts.receipts = log.batches.iter().map(receipt).collect();
    facts
}

/// A record: whose, which, and with which hash.
type RecordKey = (DeviceId, u64, Hash);
