//! What stands behind the devices of a scenario: the server of a driver.

use super::device_id;
use super::server::{Feed, Server};
use crate::scenarios::{World, file};
use anyhow::Context;
use gateline_admission::Report;
use gateline_common::Timestamp;
use gateline_common::decision::Answer;
use gateline_common::ids::DeviceId;
use gateline_common::sync::{Manifest, SignedReceipt};
use std::collections::BTreeMap;

/// A server, as devices and organizers reach it.
pub(in crate::scenarios) trait Office {
    /// The manifest that devices begin with.
    fn beginning(&self) -> Manifest;

    /// Enrols a device under this name.
    fn enrol(&mut self, name: &str) -> anyhow::Result<DeviceId>;

    /// Takes in numbered records; the receipt is for the last of them.
    fn receive(
        &mut self,
        device: DeviceId,
        records: &[(u64, Vec<u8>)],
        now: Timestamp,
    ) -> anyhow::Result<Option<SignedReceipt>>;

    /// Takes in records and decides the last of them.
    fn confirm(
        &mut self,
        device: DeviceId,
        records: &[(u64, Vec<u8>)],
        now: Timestamp,
    ) -> anyhow::Result<Answer>;

    /// What the device may know; nothing if it is revoked.
    fn feed(&mut self, device: DeviceId, now: Timestamp) -> anyhow::Result<Option<Feed>>;

    /// Something changes.
    fn change(&mut self, world: &World, at: Timestamp, change: &file::Change)
    -> anyhow::Result<()>;

    /// The organizer revokes a device.
    fn revoke(&mut self, device: DeviceId) -> anyhow::Result<()>;

    /// The organizer's report.
    fn report(&mut self) -> anyhow::Result<Report>;
}

/// The least that the rules need, in memory.
pub(super) struct Memory {
    server: Server,
    beginning: Manifest,
    enrolments: BTreeMap<String, usize>,
}

impl Memory {
    pub(super) fn new(world: &World) -> anyhow::Result<Self> {
        Ok(Self {
            server: Server::new(world)?,
            beginning: world.manifest.clone(),
            enrolments: BTreeMap::new(),
        })
    }
}

impl Office for Memory {
    fn beginning(&self) -> Manifest {
        self.beginning.clone()
    }

    fn enrol(&mut self, name: &str) -> anyhow::Result<DeviceId> {
        let enrolment = self.enrolments.entry(name.to_owned()).or_default();
        let id = device_id(name, *enrolment);
        *enrolment += 1;
        Ok(id)
    }

    fn receive(
        &mut self,
        device: DeviceId,
        records: &[(u64, Vec<u8>)],
        now: Timestamp,
    ) -> anyhow::Result<Option<SignedReceipt>> {
        Ok(self.server.receive(device, records, now))
    }

    fn confirm(
        &mut self,
        device: DeviceId,
        records: &[(u64, Vec<u8>)],
        now: Timestamp,
    ) -> anyhow::Result<Answer> {
        let (seq, _) = records.last().context("nothing to decide")?;
        self.server.receive(device, records, now);
        self.server.confirm(device, *seq, now)
    }

    fn feed(&mut self, device: DeviceId, _: Timestamp) -> anyhow::Result<Option<Feed>> {
        Ok(self.server.feed(device))
    }

    fn change(
        &mut self,
        world: &World,
        at: Timestamp,
        change: &file::Change,
    ) -> anyhow::Result<()> {
        self.server.change(world, at, change)
    }

    fn revoke(&mut self, device: DeviceId) -> anyhow::Result<()> {
        self.server.revoke(device);
        Ok(())
    }

    fn report(&mut self) -> anyhow::Result<Report> {
        self.server.report()
    }
}
