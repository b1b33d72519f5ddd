//! The server as a scenario's office: every verb over HTTP, and what other
//! services decide as events on the bus.

use super::facts;
use super::house::{House, until};
use super::wire::Wire;
use crate::scenarios::admission::Office;
use crate::scenarios::admission::server::Feed;
use crate::scenarios::world::EVENT;
use crate::scenarios::{World, file};
use anyhow::{Context, ensure};
use gateline_admission::Report;
use gateline_common::Timestamp;
use gateline_common::bus::BusEvent;
use gateline_common::decision::Answer;
use gateline_common::ids::{DeviceId, Serial};
use gateline_common::sync::{EventManifest, ListedTicket, Manifest, SignedReceipt};
use gateline_core::checkin::CheckInStore;
use gateline_core::checkin::ports::{LogWrite, TicketWrite};
use gateline_core::checkin::ticket::{TicketKey, TicketState};
use gateline_core::shared::Commit;
use std::collections::BTreeMap;

/// Tickets that are put on the list in one step.
const TICKETS_AT_ONCE: usize = 20_000;
/// Serials from here on are those of tickets without a name.
const NAMELESS: u64 = 0x0002_0000_0000;

pub(super) struct ServerOffice {
    house: House,
    /// What the world says now; the server has versions of its own.
    manifest: Manifest,
    beginning: Manifest,
    patches: Vec<file::WorldPatch>,
    tickets: BTreeMap<Serial, ListedTicket>,
    /// Of every aggregate of other services.
    version: u64,
    devices: BTreeMap<DeviceId, Wire>,
}

impl ServerOffice {
    /// Tells the server of `world` and waits until it knows.
    pub(super) fn open(house: House, world: &World) -> anyhow::Result<Self> {
        let mut office = Self {
            house,
            manifest: world.manifest.clone(),
            beginning: world.manifest.clone(),
            patches: Vec::new(),
            tickets: world.tickets.clone(),
            version: 1_000,
            devices: BTreeMap::new(),
        };
        let (named, nameless): (Vec<_>, Vec<_>) = world
            .tickets
            .iter()
            .map(|(serial, ticket)| (*serial, ticket.clone()))
            .partition(|(serial, _)| serial.get() < NAMELESS);
        let org = office.house.org;
        let issued = named
            .iter()
            .map(|(serial, ticket)| facts::of_ticket(EVENT, org, *serial, ticket));
        let events = world.manifest.events.iter();
        let told = events
            .flat_map(|event| facts::of_event(event, org, &[]))
            .chain(issued.map(BusEvent::TicketIssued));
        office.publish(Timestamp(0), told.collect())?;
        office.await_manifest(&world.manifest)?;
        for (serial, ticket) in &named {
            office.await_ticket(*serial, ticket)?;
        }
        for some in nameless.chunks(TICKETS_AT_ONCE) {
            office.fill(some)?;
        }
        let manifest = office.read_manifest()?;
        office.beginning = manifest.context("a fresh device is told nothing")?;
        Ok(office)
    }

    fn publish(&mut self, at: Timestamp, events: Vec<BusEvent>) -> anyhow::Result<()> {
        self.version += 1;
        let mut commit = Commit::nothing();
        for event in events {
            commit = commit.publishing("scenario".into(), self.version, at, event);
        }
        let nothing = LogWrite::default();
        let write = self.house.store.write_log(&nothing, &commit);
        Ok(self.house.wait(write)?)
    }

    /// Puts tickets on the list without the bus, which is not made for the sale
    /// of a hundred thousand in a second.
    fn fill(&self, tickets: &[(Serial, ListedTicket)]) -> anyhow::Result<()> {
        let issued = tickets.iter().map(|(serial, ticket)| {
            let (event, serial) = (EVENT, *serial);
            let facts = facts::of_ticket(event, self.house.org, serial, ticket);
            let ticket = TicketState::unknown(TicketKey { event, serial });
            let ticket = ticket.with_facts(1, Timestamp(0), &facts);
            Some(TicketWrite {
                ticket: ticket?,
                moves: true,
                passages: false,
            })
        });
        let write = LogWrite {
            tickets: issued.flatten().collect(),
            ..LogWrite::default()
        };
        let nothing = Commit::nothing();
        Ok(self
            .house
            .wait(self.house.store.write_log(&write, &nothing))?)
    }

    fn await_manifest(&self, expected: &Manifest) -> anyhow::Result<()> {
        let store = &self.house.store;
        for event in &expected.events {
            let waited = until("check-in knows the event", async || {
                let state = store.event(event.event).await?;
                let known = state.and_then(|state| state.manifest);
                Ok(known.is_some_and(|known| is_same(&known, event)))
            });
            self.house.wait(waited)?;
        }
        Ok(())
    }

    fn await_ticket(&self, serial: Serial, expected: &ListedTicket) -> anyhow::Result<()> {
        let store = &self.house.store;
        let event = EVENT;
        self.house
            .wait(until("check-in knows the ticket", async || {
                let known = store.ticket(TicketKey { event, serial }).await?;
                let listed = known.and_then(|(ticket, _)| ticket.listed);
                Ok(listed.as_ref() == Some(expected))
            }))
    }

    /// The manifest as a device is told it.
    fn read_manifest(&mut self) -> anyhow::Result<Option<Manifest>> {
        let wire = Wire::enrol(&self.house, "Office")?;
        wire.manifest(&self.house)
    }

    fn wire(&self, device: DeviceId) -> anyhow::Result<&Wire> {
        self.devices.get(&device).context("not enrolled")
    }
}

/// The same to a gate, whatever the version.
fn is_same(one: &EventManifest, other: &EventManifest) -> bool {
    let mut one = one.clone();
    one.rules_version = other.rules_version;
    one == *other
}

impl Office for ServerOffice {
    fn beginning(&self) -> Manifest {
        self.beginning.clone()
    }

    fn enrol(&mut self, name: &str) -> anyhow::Result<DeviceId> {
        let wire = Wire::enrol(&self.house, name)?;
        let device = wire.device;
        self.devices.insert(device, wire);
        Ok(device)
    }

    fn receive(
        &mut self,
        device: DeviceId,
        records: &[(u64, Vec<u8>)],
        now: Timestamp,
    ) -> anyhow::Result<Option<SignedReceipt>> {
        self.house.set_clock(now);
        Ok(self.wire(device)?.upload(&self.house, records)?.receipt)
    }

    fn confirm(
        &mut self,
        device: DeviceId,
        records: &[(u64, Vec<u8>)],
        now: Timestamp,
    ) -> anyhow::Result<Answer> {
        self.house.set_clock(now);
        Ok(self.wire(device)?.confirm(&self.house, records)?.answer)
    }

    fn feed(&mut self, device: DeviceId, now: Timestamp) -> anyhow::Result<Option<Feed>> {
        self.house.set_clock(now);
        let wire = self.wire(device)?;
        let Some(manifest) = wire.manifest(&self.house)? else {
            return Ok(None);
        };
        let pages = wire
            .feed(&self.house, EVENT)?
            .context("revoked meanwhile")?;
        let mut feed = Feed {
            manifest,
            list: BTreeMap::new(),
            passages: BTreeMap::new(),
        };
        for entry in pages.into_iter().flat_map(|page| page.entries) {
            if let Some(ticket) = entry.ticket {
                feed.list.insert(entry.serial, ticket);
            }
            feed.passages.insert(entry.serial, entry.passages);
        }
        Ok(Some(feed))
    }

    fn change(
        &mut self,
        world: &World,
        at: Timestamp,
        change: &file::Change,
    ) -> anyhow::Result<()> {
        self.house.set_clock(at);
        if let Some(name) = &change.ticket {
            let serial = world.serial(name)?;
            let before = self.tickets.get(&serial).context("not issued")?;
            let after = world.changed_ticket(before, change)?;
            let facts = facts::of_ticket(EVENT, self.house.org, serial, &after);
            let told = match after.epoch == before.epoch {
                true => BusEvent::TicketRevoked(facts),
                false => BusEvent::TicketTransferred(facts),
            };
            self.publish(at, vec![told])?;
            self.await_ticket(serial, &after)?;
            self.tickets.insert(serial, after);
        }
        if change.world != file::WorldPatch::default() {
            self.patches.push(change.world.clone());
            let after = world.changed(&self.manifest, &self.patches)?;
            let before = std::mem::replace(&mut self.manifest, after);
            let events = self.manifest.events.iter().zip(&before.events);
            let told = events.flat_map(|(event, before)| {
                facts::of_event(event, self.house.org, &before.ticket_types)
            });
            let told = told.collect();
            self.publish(at, told)?;
            self.await_manifest(&self.manifest)?;
        }
        Ok(())
    }

    fn revoke(&mut self, device: DeviceId) -> anyhow::Result<()> {
        let path = format!("/api/checkin/devices/{device}");
        self.house.good(self.house.delete(&path)).map(drop)
    }

    fn report(&mut self) -> anyhow::Result<Report> {
        let path = format!("/api/checkin/events/{EVENT}/report?format=findings");
        let report: Report = serde_json::from_slice(&self.house.good(self.house.get(&path))?)?;
        ensure!(report.event == EVENT, "the report is of another event");
        Ok(report)
    }
}
