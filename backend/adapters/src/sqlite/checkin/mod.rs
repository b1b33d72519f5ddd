//! The store of check-in: records as exact bytes with the columns that decide
//! what they count for, everything else as documents.
//!
//! Always true: the feed position of a ticket and the count of an event's
//! changes are taken from the event's row in the writing transaction, so a
//! reader that has seen a position has seen every change before it.

mod contacts;
mod devices;
mod events;
mod feed;
mod log;
mod people;
mod records;
mod report;
mod schema;
mod source;
mod write;

pub(super) use events::reseal;
pub(super) use people::PEOPLE;
pub(super) use schema::{AT_RESTORE, AT_START, SCHEMA};

use super::db::{Db, DbError};
use async_trait::async_trait;
use gateline_common::ids::{DeviceId, EventId, FeedGeneration, OrgId};
use gateline_common::sync::EventManifest;
use gateline_common::{Hash, Timestamp};
use gateline_core::checkin::event::EventState;
use gateline_core::checkin::exposure::Contact;
use gateline_core::checkin::figures::Figures;
use gateline_core::checkin::log::{LogHead, StoredRecord};
use gateline_core::checkin::ports::{
    EventLog, EventWrite, FeedHead, FeedRun, LogQuery, LogView, LogWrite, Look, ManifestBump,
};
use gateline_core::checkin::ticket::{TicketKey, TicketState};
use gateline_core::checkin::{CheckInStore, Device, Enrolment, Organization};
use gateline_core::shared::{Commit, StoreError};
use rusqlite::Connection;

/// Check-in's store in the embedded database.
pub struct SqliteCheckIn(pub Db);

impl SqliteCheckIn {
    /// Runs `job` over one snapshot of the database.
    async fn snapshot<T, F>(&self, job: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, DbError> + Send + 'static,
    {
        let read = self.0.read(move |connection| {
            let snapshot = connection.unchecked_transaction()?;
            let result = job(&snapshot);
            snapshot.finish()?;
            result
        });
        read.await
    }
}

#[async_trait]
impl CheckInStore for SqliteCheckIn {
    async fn organization(&self, org: OrgId) -> Result<Option<Organization>, StoreError> {
        let seals = self.0.seals();
        self.0
            .read(move |c| events::organization(c, org, &seals))
            .await
    }

    async fn add_organization(&self, org: &Organization) -> Result<Organization, StoreError> {
        let (org, seals) = (org.clone(), self.0.seals());
        self.0
            .write(move |c| events::add_organization(c, &org, &seals))
            .await
    }

    async fn name_organization(
        &self,
        org: OrgId,
        version: u64,
        name: &str,
        at: Timestamp,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (name, commit) = (name.to_owned(), commit.clone());
        self.0
            .write(move |c| events::name_organization(c, org, version, &name, at, &commit))
            .await
    }

    async fn manifest_source(
        &self,
        org: OrgId,
    ) -> Result<Option<(Organization, Vec<EventState>, Vec<Device>)>, StoreError> {
        let seals = self.0.seals();
        self.snapshot(move |c| {
            let Some(organization) = events::organization(c, org, &seals)? else {
                return Ok(None);
            };
            let devices = devices::of_org(c, org)?.into_iter().map(|(d, _)| d);
            Ok(Some((
                organization,
                events::of_org(c, org)?,
                devices.collect(),
            )))
        })
        .await
    }

    async fn event(&self, event: EventId) -> Result<Option<EventState>, StoreError> {
        self.0.read(move |c| events::event(c, event)).await
    }

    async fn save_event(&self, write: &EventWrite, commit: &Commit) -> Result<(), StoreError> {
        let (write, commit) = (write.clone(), commit.clone());
        self.0
            .write(move |c| events::save(c, &write, &commit))
            .await
    }

    async fn rules(&self, event: EventId) -> Result<Vec<EventManifest>, StoreError> {
        self.0.read(move |c| events::rules(c, event)).await
    }

    async fn add_enrolment(&self, enrolment: &Enrolment) -> Result<(), StoreError> {
        let enrolment = enrolment.clone();
        self.0
            .write(move |c| devices::add_enrolment(c, &enrolment))
            .await
    }

    async fn enrolment(&self, secret: Hash) -> Result<Option<Enrolment>, StoreError> {
        self.0.read(move |c| devices::enrolment(c, secret)).await
    }

    async fn enrol(
        &self,
        secret: Hash,
        device: &Device,
        bump: ManifestBump,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (device, commit) = (device.clone(), commit.clone());
        self.0
            .write(move |c| devices::enrol(c, secret, &device, bump, &commit))
            .await
    }

    async fn device(&self, device: DeviceId) -> Result<Option<Device>, StoreError> {
        self.0.read(move |c| devices::device(c, device)).await
    }

    async fn device_with(&self, credential: Hash) -> Result<Option<Device>, StoreError> {
        self.0.read(move |c| devices::with(c, credential)).await
    }

    async fn devices(&self, org: OrgId) -> Result<Vec<(Device, LogHead)>, StoreError> {
        self.0.read(move |c| devices::of_org(c, org)).await
    }

    async fn save_device(&self, device: &Device, bump: ManifestBump) -> Result<(), StoreError> {
        let device = device.clone();
        self.0.write(move |c| devices::save(c, &device, bump)).await
    }

    async fn set_aside(
        &self,
        device: DeviceId,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        self.0
            .read(move |c| records::set_aside(c, device, until, limit))
            .await
    }

    async fn feed_head(&self, event: EventId) -> Result<Option<FeedHead>, StoreError> {
        self.0.read(move |c| feed::head(c, event)).await
    }

    async fn past_generation(
        &self,
        event: EventId,
        generation: FeedGeneration,
    ) -> Result<Option<u64>, StoreError> {
        self.0
            .read(move |c| feed::past_generation(c, event, generation))
            .await
    }

    async fn feed(
        &self,
        event: EventId,
        position: u64,
        limit: u32,
    ) -> Result<Option<FeedRun>, StoreError> {
        self.snapshot(move |c| feed::run(c, event, position, limit))
            .await
    }

    async fn log(&self, query: &LogQuery) -> Result<LogView, StoreError> {
        let query = query.clone();
        self.snapshot(move |c| log::view(c, &query)).await
    }

    async fn write_log(&self, write: &LogWrite, commit: &Commit) -> Result<(), StoreError> {
        let (write, commit) = (write::Prepared::of(write)?, commit.clone());
        self.0.write(move |c| write::log(c, &write, &commit)).await
    }

    async fn ticket(
        &self,
        key: TicketKey,
    ) -> Result<Option<(TicketState, Vec<StoredRecord>)>, StoreError> {
        self.snapshot(move |c| log::ticket(c, key)).await
    }

    async fn records(
        &self,
        device: DeviceId,
        first: u64,
        last: u64,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        self.0
            .read(move |c| records::between(c, device, first, last))
            .await
    }

    async fn note_contact(&self, contact: &Contact) -> Result<(), StoreError> {
        let contact = contact.clone();
        self.0.write(move |c| contacts::note(c, &contact)).await
    }

    async fn contacts(&self, event: EventId) -> Result<Vec<(Device, Contact)>, StoreError> {
        self.0.read(move |c| contacts::of_event(c, event)).await
    }

    async fn figures(&self, event: EventId) -> Result<(Figures, u64), StoreError> {
        self.snapshot(move |c| feed::figures(c, event)).await
    }

    async fn look(&self, event: EventId, mut look: Look) -> Result<(), StoreError> {
        self.snapshot(move |connection| Ok(look(&source::Moment { connection, event })?))
            .await
    }

    async fn event_log(&self, event: EventId) -> Result<EventLog, StoreError> {
        self.snapshot(move |c| report::event_log(c, event)).await
    }
}
