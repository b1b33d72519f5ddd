//! The store of check-in: records as exact bytes with the fields that decide what
//! they count for; states as texts, the same as in the embedded store, as they have
//! maps by number, which BSON has not.
//!
//! Always true: the feed position of a ticket, the count of an event's changes and
//! its figures are moved in one document of the event by the writing transaction, so
//! of two writers one comes after the other, and a reader that has seen a position
//! has seen every change before it. What is read is what a majority holds. How a
//! store that was put back to a copy is found out, [`history`] says.

mod contacts;
mod devices;
mod events;
mod feed;
mod history;
mod keys;
mod log;
mod organizations;
mod people;
mod read;
mod records;
mod schema;
mod source;
mod write;

pub use organizations::reseal;
pub(super) use people::PEOPLE;

use super::db::{MongoDb, MongoServer};
use super::documents::{bytes, id};
use super::error::MongoError;
use crate::seal::StoreKeys;
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
use mongodb::bson::doc;
use read::Held;
use schema::SCHEMA;
use std::sync::Arc;
use tokio::task::JoinSet;

/// Documents of one answer of the server, beyond which it is asked for more.
const OF_ONE_ANSWER: u32 = 5_000;

/// Check-in's store.
pub struct MongoCheckIn {
    db: MongoDb,
    seals: Arc<StoreKeys>,
    _alive: JoinSet<()>,
}

impl MongoCheckIn {
    /// The database of the service.
    ///
    /// # Errors
    /// When it cannot be reached, or is of a newer version.
    pub async fn open(server: &MongoServer) -> Result<MongoDb, StoreError> {
        let db = server.open(&SCHEMA).await?;
        history::mark(&db).await?;
        Ok(db)
    }

    /// The store over it; `seals` open and seal root keys. While it is held, it marks
    /// that the store is in use, by a task of the runtime that this is called in.
    #[must_use]
    pub fn new(db: MongoDb, seals: Arc<StoreKeys>) -> Self {
        Self {
            _alive: history::keep_alive(&db),
            db,
            seals,
        }
    }

    fn held(&self) -> Held<'_> {
        Held(&self.db)
    }
}

#[async_trait]
impl CheckInStore for MongoCheckIn {
    async fn organization(&self, org: OrgId) -> Result<Option<Organization>, StoreError> {
        Ok(organizations::one(&mut self.held(), org, &self.seals).await?)
    }

    async fn add_organization(&self, org: &Organization) -> Result<Organization, StoreError> {
        transact!(self.db, |tx| {
            organizations::add(&mut tx, org, &self.seals).await
        })
    }

    async fn name_organization(
        &self,
        org: OrgId,
        version: u64,
        name: &str,
        at: Timestamp,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.db, |tx| {
            organizations::name(&mut tx, org, version, name, at, commit).await
        })
    }

    async fn manifest_source(
        &self,
        org: OrgId,
    ) -> Result<Option<(Organization, Vec<EventState>, Vec<Device>)>, StoreError> {
        transact!(self.db, |tx| {
            history::go_on(&mut tx, &self.db).await?;
            let found = organizations::one(&mut tx, org, &self.seals).await?;
            let Some(organization) = found else {
                return Ok(None);
            };
            let events = events::of_org(&mut tx, org).await?;
            let devices = devices::of_org(&mut tx, org).await?;
            let devices = devices.into_iter().map(|(device, _)| device);
            Ok(Some((organization, events, devices.collect())))
        })
    }

    async fn event(&self, event: EventId) -> Result<Option<EventState>, StoreError> {
        Ok(events::one(&mut self.held(), event).await?)
    }

    async fn save_event(&self, write: &EventWrite, commit: &Commit) -> Result<(), StoreError> {
        transact!(self.db, |tx| { events::save(&mut tx, write, commit).await })
    }

    async fn rules(&self, event: EventId) -> Result<Vec<EventManifest>, StoreError> {
        Ok(events::rules(&mut self.held(), event).await?)
    }

    async fn add_enrolment(&self, enrolment: &Enrolment) -> Result<(), StoreError> {
        let codes = self.db.collection("enrolments");
        let added = codes.insert_one(devices::code(enrolment)).await;
        added.map_err(MongoError::from)?;
        Ok(())
    }

    async fn enrolment(&self, secret: Hash) -> Result<Option<Enrolment>, StoreError> {
        Ok(devices::enrolment(&mut self.held(), secret).await?)
    }

    async fn enrol(
        &self,
        secret: Hash,
        device: &Device,
        bump: ManifestBump,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.db, |tx| {
            devices::enrol(&mut tx, secret, device, bump, commit).await
        })
    }

    async fn device(&self, device: DeviceId) -> Result<Option<Device>, StoreError> {
        Ok(devices::one(&mut self.held(), doc! {"_id": id(device.0)}).await?)
    }

    async fn device_with(&self, credential: Hash) -> Result<Option<Device>, StoreError> {
        let with = doc! {"credential": bytes(credential.as_bytes())};
        Ok(devices::one(&mut self.held(), with).await?)
    }

    async fn devices(&self, org: OrgId) -> Result<Vec<(Device, LogHead)>, StoreError> {
        Ok(devices::of_org(&mut self.held(), org).await?)
    }

    async fn save_device(&self, device: &Device, bump: ManifestBump) -> Result<(), StoreError> {
        transact!(self.db, |tx| { devices::save(&mut tx, device, bump).await })
    }

    async fn set_aside(
        &self,
        device: DeviceId,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        Ok(records::set_aside(&mut self.held(), device, until, limit).await?)
    }

    async fn feed_head(&self, event: EventId) -> Result<Option<FeedHead>, StoreError> {
        transact!(self.db, |tx| {
            history::go_on(&mut tx, &self.db).await?;
            feed::head(&mut tx, event).await
        })
    }

    async fn past_generation(
        &self,
        event: EventId,
        generation: FeedGeneration,
    ) -> Result<Option<u64>, StoreError> {
        Ok(feed::past_generation(&mut self.held(), event, generation).await?)
    }

    async fn feed(
        &self,
        event: EventId,
        position: u64,
        limit: u32,
    ) -> Result<Option<FeedRun>, StoreError> {
        transact!(self.db, |tx| {
            history::go_on(&mut tx, &self.db).await?;
            feed::run(&mut tx, event, position, limit).await
        })
    }

    async fn log(&self, query: &LogQuery) -> Result<LogView, StoreError> {
        transact!(self.db, |tx| { log::view(&mut tx, query).await })
    }

    async fn write_log(&self, write: &LogWrite, commit: &Commit) -> Result<(), StoreError> {
        let prepared = write::Prepared::of(write)?;
        let _turn = self.db.turns.take(prepared.events()).await;
        let mut replacing = false;
        transact!(self.db, |tx| {
            let stored = prepared.store(&mut tx, &self.db, &mut replacing, commit);
            stored.await
        })
    }

    async fn ticket(
        &self,
        key: TicketKey,
    ) -> Result<Option<(TicketState, Vec<StoredRecord>)>, StoreError> {
        transact!(self.db, |tx| { log::ticket(&mut tx, key).await })
    }

    async fn records(
        &self,
        device: DeviceId,
        first: u64,
        last: u64,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        Ok(records::between(&mut self.held(), device, first, last).await?)
    }

    async fn note_contact(&self, contact: &Contact) -> Result<(), StoreError> {
        Ok(contacts::note(&self.db, contact).await?)
    }

    async fn contacts(&self, event: EventId) -> Result<Vec<(Device, Contact)>, StoreError> {
        Ok(contacts::of_event(&self.db, event).await?)
    }

    async fn figures(&self, event: EventId) -> Result<(Figures, u64), StoreError> {
        Ok(feed::figures(&mut self.held(), event).await?)
    }

    async fn look(&self, event: EventId, look: Look) -> Result<(), StoreError> {
        source::look(&self.db, event, look).await
    }

    async fn event_log(&self, event: EventId) -> Result<EventLog, StoreError> {
        transact!(self.db, |tx| { source::event_log(&mut tx, event).await })
    }
}
