//! Check-in: devices, the attendee feed, scan logs, confirmation at the gate,
//! reconciliation and live figures.
//!
//! How it goes: [`consume`] keeps what other services publish; [`enrol`] makes a
//! scanner a device; [`manifest`] and [`feed`] tell it what to know; [`upload`]
//! and [`confirm`] take in its log; [`report`] says what reconciliation found.
//! [`ingest`] and [`tally`] are the pure functions behind the log.
//!
//! Always true: no record is ever lost or changed once it was answered; a
//! record, the passages that follow from it, the feed rows that tell other gates
//! and the figures are stored in one transaction.

mod batch;
mod books;
mod confirm;
mod consume;
mod contact;
pub mod device;
mod devices;
mod enrol;
mod error;
pub mod event;
pub mod exposure;
pub mod feed;
pub mod figures;
mod ingest;
mod live;
pub mod log;
mod manifest;
mod organization;
pub mod ports;
mod published;
pub mod report;
mod tally;
#[cfg(test)]
mod test_shelf;
#[cfg(test)]
mod test_venue;
pub mod ticket;
mod upload;

pub use batch::{MAX_BATCH_RECORDS, MAX_RECORD_BYTES};
pub use consume::{KINDS, consumer};
pub use device::{Device, Enrolment};
pub use enrol::ENROLMENT_TTL_MS;
pub use error::CheckInError;
pub use live::{Changed, Live, LiveInProcess, Watch};
pub use organization::Organization;
pub use ports::CheckInStore;
pub use upload::MAX_CURSORS;

use crate::shared::{Clock, OrgRole, Principal, cores};
use exposure::Exposure;
use figures::Figures;
use gateline_common::Hash;
use gateline_common::ids::{EventId, OrgId};
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What the operator sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// The base URL under which devices reach this server.
    pub public_url: String,
    /// SHA-256 of the server's certificate, if it is self-signed.
    pub certificate: Option<Hash>,
}

/// The service.
pub struct CheckIn {
    store: Arc<dyn CheckInStore>,
    clock: Arc<dyn Clock>,
    settings: Settings,
    books: books::Books,
    noted: contact::Noted,
    live: Arc<dyn Live>,
    digests: Arc<report::Digests>,
    taking_in: Semaphore,
    judging: Semaphore,
}

impl CheckIn {
    /// The service over its ports; the only instance of it.
    #[must_use]
    pub fn new(store: Arc<dyn CheckInStore>, clock: Arc<dyn Clock>, settings: Settings) -> Self {
        Self {
            store,
            clock,
            settings,
            books: books::Books::default(),
            noted: contact::Noted::default(),
            live: Arc::new(LiveInProcess::default()),
            digests: Arc::default(),
            taking_in: Semaphore::new(upload::MOST_AT_ONCE),
            judging: Semaphore::new(cores()),
        }
    }

    /// One of several instances, whose watchers are woken by all of them.
    #[must_use]
    pub fn with_live(self, live: Arc<dyn Live>) -> Self {
        Self { live, ..self }
    }

    /// What wakes dashboards and gates.
    #[must_use]
    pub fn live(&self) -> &dyn Live {
        &*self.live
    }

    fn tell(&self, org: OrgId, events: impl IntoIterator<Item = EventId>) {
        live::tell(&*self.live, org, events);
    }

    /// An event that the caller works at, as check-in knows it.
    ///
    /// # Errors
    /// `NotFound` for an event of another organization.
    pub async fn event_for(
        &self,
        caller: &Principal,
        event: EventId,
    ) -> Result<event::EventState, CheckInError> {
        let state = self.store.event(event).await?;
        let state = state.filter(|state| {
            let org = state.org();
            org.is_some_and(|org| caller.is(OrgRole::Staff, org))
        });
        state.ok_or(CheckInError::NotFound("event"))
    }

    /// The live figures of an event, and the exposure of its gates now.
    ///
    /// # Errors
    /// `NotFound` for an event of another organization.
    pub async fn figures(
        &self,
        caller: &Principal,
        event: EventId,
    ) -> Result<(event::EventState, Figures, Exposure), CheckInError> {
        let state = self.event_for(caller, event).await?;
        let (figures, _) = self.store.figures(event).await?;
        let exposure = self.exposure_of(&state).await?;
        Ok((state, figures, exposure))
    }
}
