//! An organization's devices: listed, revoked, and what a revoked one sent
//! afterwards accepted.

use super::CheckIn;
use super::device::Device;
use super::enrol::may;
use super::error::CheckInError;
use super::ingest;
use super::log::LogHead;
use super::ports::{LogQuery, ManifestBump};
use crate::shared::{Commit, OrgRole, Principal, StoreError};
use gateline_common::Timestamp;
use gateline_common::ids::{DeviceId, OrgId};
use gateline_common::sync::{Revocation, SignedRevocation};
use ticket_crypto::detached::{self, Domain};

const MOST_TRIES: usize = 64;
const ACCEPTED_AT_ONCE: u32 = 256;

impl CheckIn {
    /// The devices of an organization, oldest first.
    ///
    /// # Errors
    /// `NotFound` for an organization that the caller is not of.
    pub async fn devices(
        &self,
        caller: &Principal,
        org: OrgId,
    ) -> Result<Vec<(Device, LogHead)>, CheckInError> {
        may(caller, OrgRole::Staff, org, "organization")?;
        Ok(self.store.devices(org).await?)
    }

    /// Ends a device's enrolment: feed and manifest stop, and what it sends from
    /// now on is set aside. Done already is done.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for staff.
    pub async fn revoke(&self, caller: &Principal, id: DeviceId) -> Result<(), CheckInError> {
        let mut device = self.device_for(caller, id).await?;
        if device.revoked_at.is_some() {
            return Ok(());
        }
        let now = self.clock.now();
        device.revoked_at = Some(now);
        self.save(&device).await
    }

    /// The signed notice that ends a revoked device's enrolment: always the same
    /// bytes.
    ///
    /// # Errors
    /// `NotFound` while the device is enrolled.
    pub async fn revocation(&self, device: &Device) -> Result<SignedRevocation, CheckInError> {
        let at = device.revoked_at;
        let at = at.ok_or(CheckInError::NotFound("revocation"))?;
        let organization = self.organization(device.org, at).await?;
        let notice = Revocation {
            device: device.device,
            org: device.org,
            at,
        };
        let bytes = notice.to_bytes();
        let signature = detached::sign(&organization.root_key(), Domain::Revocation, &bytes);
        Ok(SignedRevocation::new(&bytes, signature))
    }

    /// Counts the records of a revoked device that came after its revocation and
    /// are held now. What it sends later is set aside until it is accepted in
    /// its turn: nobody accepts what they could not look at. The number counted.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for staff; `Invalid` if it is not revoked.
    pub async fn accept(&self, caller: &Principal, id: DeviceId) -> Result<u64, CheckInError> {
        let mut device = self.device_for(caller, id).await?;
        if device.revoked_at.is_none() {
            return Err(CheckInError::invalid("device", "it is not revoked"));
        }
        let now = self.clock.now();
        device.accepted_at = Some(now);
        self.save(&device).await?;
        let mut accepted = 0;
        loop {
            let some = self.store.set_aside(id, now, ACCEPTED_AT_ONCE).await?;
            let (Some(first), Some(last)) = (some.first(), some.last()) else {
                return Ok(accepted);
            };
            let range = (first.seq, last.seq);
            self.count_again(&device, range, now).await?;
            accepted += some.len() as u64;
        }
    }

    /// Was the device revoked (or is it gone)? While the store fails, nobody is.
    pub async fn is_revoked(&self, device: DeviceId) -> bool {
        match self.store.device(device).await {
            Ok(found) => found.is_none_or(|device| device.revoked_at.is_some()),
            Err(_) => false,
        }
    }

    async fn count_again(
        &self,
        device: &Device,
        (first, last): (u64, u64),
        until: Timestamp,
    ) -> Result<(), CheckInError> {
        for _ in 0..MOST_TRIES {
            let records = self.store.records(device.device, first, last).await?;
            let query = LogQuery {
                device: device.device,
                first,
                last,
                targets: records.iter().filter_map(|record| record.target).collect(),
                tickets: ingest::tickets_named(&records),
            };
            let view = self.store.log(&query).await?;
            let events = ingest::events_named(&records, &view);
            let books = self.books(device.org, events).await?;
            let write = ingest::accept(device, &books, &view, &records, until);
            match self.store.write_log(&write, &Commit::nothing()).await {
                Err(StoreError::Conflict) => {}
                Ok(()) => {
                    self.tell(device.org, write.deltas.events());
                    return Ok(());
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(CheckInError::Busy)
    }

    async fn device_for(&self, caller: &Principal, id: DeviceId) -> Result<Device, CheckInError> {
        let device = self.store.device(id).await?;
        let device = device.ok_or(CheckInError::NotFound("device"))?;
        may(caller, OrgRole::Organizer, device.org, "device")?;
        Ok(device)
    }

    async fn save(&self, device: &Device) -> Result<(), CheckInError> {
        let bump = ManifestBump {
            org: device.org,
            at: self.clock.now(),
        };
        self.store.save_device(device, bump).await?;
        self.tell(device.org, []);
        Ok(())
    }
}
