//! Exposure: how many tickets could be let in twice, because gates do not hear of
//! one another (invariant I11).
//!
//! Always true: it is made from what each gate was last told and from the clock,
//! never from what a gate might have done since; so it is a bound, not a guess.

use super::device::Device;
use super::figures::{Figure, Figures};
use gateline_common::Timestamp;
use gateline_common::catalog::TypeAdmission;
use gateline_common::ids::{DeviceId, EventId, GateId, TicketTypeId};
use gateline_common::sync::EventManifest;
use serde::Serialize;
use std::collections::BTreeMap;

/// A gate whose last exchange is younger asks the server about each admission:
/// its exposure is 0. Milliseconds.
pub const CONFIRMED_MS: i64 = 10_000;

/// A device's last exchange about an event's list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The device.
    pub device: DeviceId,
    /// The event.
    pub event: EventId,
    /// When it was.
    pub at: Timestamp,
    /// The gate of the last scan that it sent; `None` while none is known.
    pub gate: Option<GateId>,
    /// Tickets that the list then had as good and not come in, by type.
    pub open: BTreeMap<TicketTypeId, u64>,
}

/// The exposure of an event's gates.
///
/// Active is a device that follows the event's list and is not revoked. The
/// exposure of one is the number of tickets that, by the list as it was told at
/// its last exchange, are good and not come in; of a type that its gate lets in
/// now, and that the gate of at least one other active device lets in now too.
/// It is 0 while the last exchange is younger than [`CONFIRMED_MS`], and outside
/// of the event's opening hours. A device whose gate is not known counts as
/// standing at every gate. Not counted are re-entries, and codes that are not on
/// the list.
///
/// What the device admitted since its last exchange is not known here, so the
/// device itself, which leaves these out, shows the same number or a smaller one.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Exposure {
    /// The sum over the devices: a ticket counts once for each gate that could
    /// let it in unheard.
    pub tickets: u64,
    /// Each active device, by name.
    pub devices: Vec<DeviceExposure>,
}

/// The exposure of one device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceExposure {
    /// The device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// Its last exchange.
    pub last_contact: Timestamp,
    /// Tickets that it could let in unheard.
    pub tickets: u64,
}

impl Contact {
    /// What the list has open, from the event's figures.
    #[must_use]
    pub fn open_of(figures: &Figures) -> BTreeMap<TicketTypeId, u64> {
        let sums = figures.0.keys();
        sums.filter_map(|figure| match figure {
            Figure::Open(kind) => Some((*kind, figures.get(*figure))),
            _ => None,
        })
        .filter(|(_, tickets)| *tickets > 0)
        .collect()
    }

    fn lets_in(&self, event: &EventManifest, kind: TicketTypeId, now: Timestamp) -> bool {
        let mut types = event.ticket_types.iter();
        let known = types.find(|info| info.id == kind);
        known.is_some_and(|info| self.takes(&info.admission, now))
    }

    fn takes(&self, admission: &TypeAdmission, now: Timestamp) -> bool {
        let here = |gate| admission.gates.is_empty() || admission.gates.contains(&gate);
        self.gate.is_none_or(here) && is_within(admission.valid_from, admission.valid_until, now)
    }
}

fn is_within(from: Option<Timestamp>, until: Option<Timestamp>, now: Timestamp) -> bool {
    from.is_none_or(|from| from <= now) && until.is_none_or(|until| now <= until)
}

/// The exposure at `now` of the devices that follow an event's list.
#[must_use]
pub fn exposure(event: &EventManifest, met: &[(Device, Contact)], now: Timestamp) -> Exposure {
    let active: Vec<&(Device, Contact)> = met
        .iter()
        .filter(|(device, _)| device.revoked_at.is_none())
        .collect();
    let policy = &event.policy;
    let open = !event.cancelled && is_within(policy.doors_open, policy.doors_close, now);
    let of_one = |(index, (device, contact)): (usize, &&(Device, Contact))| {
        let others = || (0..).zip(&active).filter(|(at, _)| *at != index);
        let shared = |kind: TicketTypeId| {
            contact.lets_in(event, kind, now)
                && others().any(|(_, (_, other))| other.lets_in(event, kind, now))
        };
        let unheard = open && now.since_ms(contact.at) >= CONFIRMED_MS;
        let tickets = contact.open.iter().filter(|(kind, _)| shared(**kind));
        DeviceExposure {
            device: device.device,
            name: device.name.clone(),
            last_contact: contact.at,
            tickets: if unheard {
                tickets.map(|(_, n)| *n).sum()
            } else {
                0
            },
        }
    };
    let mut devices: Vec<DeviceExposure> = active.iter().enumerate().map(of_one).collect();
    devices.sort_by(|one, other| (&one.name, one.device).cmp(&(&other.name, other.device)));
    Exposure {
        tickets: devices.iter().map(|device| device.tickets).sum(),
        devices,
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_venue::{ADULT, CLOSING, EVENT, NORTH, SOUTH, TestGate, manifest};
    use super::*;

    const NOW: Timestamp = CLOSING;

    /// A device that was told of `open` tickets `ago_ms` before now.
    fn met(number: u8, gate: Option<GateId>, ago_ms: i64, open: u64) -> (Device, Contact) {
        let device = TestGate::new(number, NORTH).device();
        let contact = Contact {
            device: device.device,
            event: EVENT,
            at: NOW.plus_ms(-ago_ms),
            gate,
            open: [(ADULT, open)].into(),
        };
        (device, contact)
    }

    fn of(met: &[(Device, Contact)]) -> Vec<u64> {
        let found = exposure(&manifest(), met, NOW);
        assert_eq!(
            found.tickets,
            found.devices.iter().map(|d| d.tickets).sum::<u64>()
        );
        found.devices.iter().map(|d| d.tickets).collect()
    }

    #[test]
    fn a_gate_is_exposed_to_what_it_was_told_is_open_and_another_lets_in_too() {
        let north = met(1, Some(NORTH), 60_000, 5);
        let south = met(2, Some(SOUTH), 90_000, 7);
        assert_eq!(of(&[north.clone(), south]), [5, 7]);
        assert_eq!(of(&[north]), [0], "there is no other gate");
    }

    #[test]
    fn a_gate_that_is_confirmed_is_not_exposed() {
        let confirmed = met(1, Some(NORTH), CONFIRMED_MS - 1, 5);
        let not_any_more = met(2, Some(SOUTH), CONFIRMED_MS, 5);
        assert_eq!(of(&[confirmed, not_any_more]), [0, 5]);
    }

    #[test]
    fn a_revoked_device_neither_is_exposed_nor_exposes_others() {
        let north = met(1, Some(NORTH), 60_000, 5);
        let mut south = met(2, Some(SOUTH), 60_000, 5);
        south.0.revoked_at = Some(NOW);
        assert_eq!(of(&[north, south]), [0]);
    }

    #[test]
    fn a_type_that_only_one_gate_takes_exposes_nobody() {
        let mut event = manifest();
        event.ticket_types[0].admission.gates = vec![NORTH];
        let north = met(1, Some(NORTH), 60_000, 5);
        let south = met(2, Some(SOUTH), 60_000, 5);
        let unset = met(3, None, 60_000, 5);
        let both = [north.clone(), south];
        assert_eq!(exposure(&event, &both, NOW).tickets, 0);
        assert_eq!(exposure(&event, &[north, unset], NOW).tickets, 10);
    }

    #[test]
    fn nobody_is_exposed_while_the_doors_are_closed_or_the_event_is_cancelled() {
        let both = [
            met(1, Some(NORTH), 60_000, 5),
            met(2, Some(SOUTH), 60_000, 5),
        ];
        let mut early = manifest();
        early.policy.doors_open = Some(NOW.plus_ms(1));
        assert_eq!(exposure(&early, &both, NOW).tickets, 0);
        let mut over = manifest();
        over.policy.doors_close = Some(NOW.plus_ms(-1));
        assert_eq!(exposure(&over, &both, NOW).tickets, 0);
        let mut cancelled = manifest();
        cancelled.cancelled = true;
        assert_eq!(exposure(&cancelled, &both, NOW).tickets, 0);
    }
}
