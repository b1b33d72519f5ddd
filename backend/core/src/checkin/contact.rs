//! When each device last heard of an event's list, and what it then knew to be
//! open: what [exposure](super::exposure) is made from.

use super::CheckIn;
use super::batch::Batch;
use super::device::Device;
use super::error::CheckInError;
use super::event::EventState;
use super::exposure::{Contact, Exposure, exposure};
use super::log::scan_of;
use gateline_common::Timestamp;
use gateline_common::ids::{DeviceId, EventId, GateId};
use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

/// A device that asks again and again is noted so often only, milliseconds: far
/// less than what makes it exposed.
const NOTED_EVERY_MS: i64 = 2_000;

/// When a device was noted, and at which gate.
type LastNoted = (Timestamp, Option<GateId>);

/// What this process last noted of each device, by event.
#[derive(Debug, Default)]
pub(super) struct Noted(Mutex<HashMap<(DeviceId, EventId), LastNoted>>);

impl Noted {
    fn is_recent(&self, contact: &Contact) -> bool {
        let Ok(noted) = self.0.lock() else {
            return false;
        };
        let last = noted.get(&(contact.device, contact.event));
        last.is_some_and(|(at, gate)| {
            let same_gate = contact.gate.is_none() || contact.gate == *gate;
            same_gate && (0..NOTED_EVERY_MS).contains(&contact.at.since_ms(*at))
        })
    }

    fn keep(&self, contact: &Contact) {
        if let Ok(mut noted) = self.0.lock() {
            let key = (contact.device, contact.event);
            let known = noted.get(&key).and_then(|(_, gate)| *gate);
            noted.insert(key, (contact.at, contact.gate.or(known)));
        }
    }
}

impl CheckIn {
    /// Notes that a device was told all of an event's list, and the gate that it
    /// stands at, if it said so.
    pub(super) async fn note_contact(
        &self,
        device: &Device,
        event: EventId,
        gate: Option<GateId>,
    ) -> Result<(), CheckInError> {
        let mut contact = Contact {
            device: device.device,
            event,
            at: self.clock.now(),
            gate,
            open: BTreeMap::new(),
        };
        if self.noted.is_recent(&contact) {
            return Ok(());
        }
        let (figures, _) = self.store.figures(event).await?;
        contact.open = Contact::open_of(&figures);
        self.store.note_contact(&contact).await?;
        self.noted.keep(&contact);
        Ok(())
    }

    /// The exposure of an event's gates now.
    pub(super) async fn exposure_of(&self, state: &EventState) -> Result<Exposure, CheckInError> {
        let Some(manifest) = &state.manifest else {
            return Ok(Exposure::default());
        };
        let contacts = self.store.contacts(state.event).await?;
        Ok(exposure(manifest, &contacts, self.clock.now()))
    }
}

/// Where the last scan of each event in a batch took place, if the device signed
/// it.
pub(super) fn gates_of(batch: &Batch) -> BTreeMap<EventId, GateId> {
    let records = batch.records.iter().filter(|_| batch.signed);
    let scans = records.filter_map(|claim| scan_of(claim.record.as_ref()?));
    scans
        .filter_map(|scan| Some((scan.event, scan.gate?)))
        .collect()
}
