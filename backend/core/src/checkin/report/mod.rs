//! The organizer's report: what reconciliation of all logs of an event found,
//! with names for people and proofs for third parties.
//!
//! Always true: it is made from the set of everything that is held, so it does
//! not depend on the order in which gates came back; each conflict carries the
//! exact records, the signed batches that hold them, and the keys to check them.

mod proof;
mod scanner_text;
mod shape;
mod text;
mod words;

pub use proof::{BatchProof, Proof};
pub use shape::{ConflictShown, DeviceShown, EventReport, ScanShown, TicketShown, WaitingShown};

use super::CheckIn;
use super::error::CheckInError;
use super::event::EventState;
use super::log::StoredRecord;
use super::ports::EventLog;
use super::tally::{self, EventBook};
use crate::shared::Principal;
use gateline_admission::reconcile::{
    DeviceLog, LoggedRecord, Report, Standing, TimedScan, assemble, read_log,
};
use gateline_admission::{Facts, reconcile_ticket};
use gateline_common::Hash;
use gateline_common::ids::{DeviceId, EventId, Serial};
use gateline_common::sync::Receipt;
use std::collections::BTreeMap;

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
        let log = self.store.event_log(event).await?;
        let (figures, _) = self.store.figures(event).await?;
        let exposure = self.exposure_of(&state).await?;
        let now = self.clock.now();
        tokio::task::spawn_blocking(move || {
            let report = reconciled(&state, &book, &log);
            let names = shape::Names::of(&state, &log);
            let mut shown = shape::shown(&names, &report, &log, &organization, &figures, now);
            shown.exposure = exposure;
            shown
        })
        .await
        .map_err(|error| CheckInError::Unusable(error.to_string()))
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
    let mut by_ticket: BTreeMap<Serial, Vec<&TimedScan>> = BTreeMap::new();
    for scan in logs.iter().flat_map(|log| &log.scans) {
        if let Some(serial) = scan.serial {
            by_ticket.entry(serial).or_default().push(scan);
        }
    }
    let tickets = by_ticket
        .into_iter()
        .map(|(serial, scans)| reconcile_ticket(&facts, serial, scans))
        .collect();
    debug_assert_eq!(facts.event(), state.event);
    assemble(&facts, &logs, tickets)
}

fn facts(book: &EventBook, log: &EventLog) -> Facts {
    let mut facts = book.facts();
    facts.tickets = log
        .tickets
        .iter()
        .filter(|ticket| !ticket.history.is_empty())
        .map(|ticket| (ticket.key.serial, tally::states(ticket)))
        .collect();
    facts.receipts = log
        .batches
        .iter()
        .map(|batch| Receipt {
            device: batch.device,
            seq: batch.last_seq,
            hash: batch.last_hash,
            at: batch.received_at,
        })
        .collect();
    facts
}

fn logged(stored: &StoredRecord) -> LoggedRecord {
    let mut logged = LoggedRecord::read(stored.device, stored.seq, &stored.bytes);
    if let Some(reason) = stored.quarantine {
        logged.standing = Standing::Quarantined(reason);
    }
    logged
}

/// A record: whose, which, and with which hash.
type RecordKey = (DeviceId, u64, Hash);
