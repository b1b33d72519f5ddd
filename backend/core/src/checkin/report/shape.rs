//! The report's shape: findings with names, for people and for programs.

use super::proof::{BatchProof, Proof, Proofs};
use super::source::Findings;
use super::words::words;
use crate::checkin::event::EventState;
use crate::checkin::exposure::Exposure;
use crate::checkin::organization::Organization;
use crate::checkin::ports::LogSource;
use crate::checkin::ticket::TicketState;
use crate::shared::StoreError;
use gateline_admission::reconcile::{Cause, Conflict, Evidence, Report, Totals, Trace};
use gateline_common::Timestamp;
use gateline_common::bytes::PublicKey;
use gateline_common::decision::{Answer, Direction};
use gateline_common::ids::{DeviceId, EventId, GateId, Serial};
use gateline_common::sync::TicketStatus;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;

/// The report on one event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EventReport {
    /// The event.
    pub event: EventId,
    /// Its title.
    pub title: String,
    /// Was it called off?
    pub cancelled: bool,
    /// Its time zone; every `…_local` is in it.
    pub timezone: String,
    /// When the report was made.
    pub made_at: Timestamp,
    /// … in the event's time zone.
    pub made_local: String,
    /// Tickets on the list that stand.
    pub expected: u64,
    /// The sums of reconciliation.
    pub totals: Totals,
    /// How many tickets gates could let in twice now, unheard by one another.
    pub exposure: Exposure,
    /// What should not have happened, and what staff overrode, by time.
    pub conflicts: Vec<ConflictShown>,
    /// Guests who were refused although they were in order.
    pub wrongly_refused: Vec<ConflictShown>,
    /// Admissions on the signature alone.
    pub unlisted: Vec<TicketShown>,
    /// Admissions that the server refused, and whose gate did not say yet
    /// whether it had let the guest in.
    pub waiting: Vec<WaitingShown>,
    /// The devices and what their chains show.
    pub devices: Vec<DeviceShown>,
    /// The key that signs receipts and manifests.
    pub root_key: PublicKey,
    /// The signed batches that hold the records in question.
    pub batches: Vec<BatchProof>,
}

/// A ticket, as people know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TicketShown {
    /// Its serial.
    pub serial: Serial,
    /// The attendee.
    pub name: Option<String>,
    /// The seat.
    pub seat: Option<String>,
    /// The name of its type.
    pub ticket_type: Option<String>,
    /// The short code of its order.
    pub order_code: Option<String>,
    /// Whether it stands; `None` if it was never issued.
    pub status: Option<TicketStatus>,
}

/// Something that should not have happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ConflictShown {
    /// The cause, for programs; `None` for a wrong refusal.
    pub cause: Option<Cause>,
    /// The cause in words.
    pub words: String,
    /// Is it proven which came first?
    pub order_provable: bool,
    /// The ticket.
    pub ticket: TicketShown,
    /// The scan that counts.
    pub counted: Option<ScanShown>,
    /// The scan that collides with it, or with the ticket's state.
    pub other: ScanShown,
}

/// One scan, where and when it was, and its proof.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ScanShown {
    /// The device.
    pub device: DeviceId,
    /// Its name.
    pub device_name: String,
    /// The record's number in its log.
    pub seq: u64,
    /// The gate.
    pub gate: Option<GateId>,
    /// Its name.
    pub gate_name: Option<String>,
    /// In or out.
    pub direction: Direction,
    /// What the device answered.
    pub answer: Answer,
    /// When, corrected.
    pub at: Timestamp,
    /// … in the event's time zone.
    pub at_local: String,
    /// … in UTC.
    pub at_utc: String,
    /// When, by the device's own clock.
    pub device_time: Timestamp,
    /// Proven not to be before this.
    pub not_before: Option<Timestamp>,
    /// Proven not to be after this.
    pub not_after: Option<Timestamp>,
    /// Why staff overrode a refusal.
    pub override_reason: Option<String>,
    /// The proof.
    pub proof: Proof,
}

/// An admission that waits for its gate's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingShown {
    /// The device.
    pub device_name: String,
    /// The record's number.
    pub seq: u64,
    /// The ticket.
    pub ticket: Option<TicketShown>,
}

/// A device's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceShown {
    /// The device.
    pub device: DeviceId,
    /// Its name.
    pub name: String,
    /// The key that signs its batches.
    pub key: PublicKey,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Scans of this event.
    pub scans: u64,
    /// Of these, let through.
    pub admitted: u64,
    /// What its chain shows: gaps, forks, tampering, quarantine, its clock.
    pub chain: Trace,
}

/// Names of everything that a report mentions.
pub(super) struct Names<'a> {
    event: &'a EventState,
    zone: TimeZone,
    tickets: BTreeMap<Serial, &'a TicketState>,
    devices: BTreeMap<DeviceId, &'a str>,
    gates: BTreeMap<GateId, &'a str>,
}

impl<'a> Names<'a> {
    pub(super) fn of(event: &'a EventState, found: &'a Findings) -> Self {
        let manifest = event.manifest.as_ref();
        let gates = manifest.map_or(&[][..], |manifest| &manifest.gates);
        let zone = manifest.and_then(|manifest| TimeZone::get(&manifest.timezone).ok());
        let devices = found.devices.iter();
        Self {
            event,
            zone: zone.unwrap_or(TimeZone::UTC),
            tickets: found
                .tickets
                .iter()
                .map(|(serial, t)| (*serial, t))
                .collect(),
            devices: devices.map(|(d, _)| (d.device, d.name.as_str())).collect(),
            gates: gates.iter().map(|g| (g.id, g.name.as_str())).collect(),
        }
    }

    fn local(&self, at: Timestamp) -> String {
        format_in(&self.zone, at)
    }

    fn device(&self, device: DeviceId) -> String {
        let name = self.devices.get(&device).copied();
        name.map_or_else(|| device.to_string(), str::to_owned)
    }

    fn ticket(&self, serial: Serial) -> TicketShown {
        let listed = self.tickets.get(&serial).and_then(|t| t.listed.as_ref());
        let ticket_type = listed.and_then(|listed| self.event.type_name(listed.ticket_type));
        TicketShown {
            serial,
            name: listed.and_then(|listed| listed.name.clone()),
            seat: listed.and_then(|listed| listed.seat.clone()),
            ticket_type: ticket_type.map(str::to_owned),
            order_code: listed.map(|listed| listed.order_code.clone()),
            status: listed.map(|listed| listed.status),
        }
    }

    fn scan(&self, evidence: &Evidence, proofs: &mut Proofs<'_>) -> Result<ScanShown, StoreError> {
        let gate_name = evidence
            .gate
            .and_then(|gate| self.gates.get(&gate).copied());
        let overridden = evidence.overridden.as_ref();
        Ok(ScanShown {
            device: evidence.device,
            device_name: self.device(evidence.device),
            seq: evidence.seq,
            gate: evidence.gate,
            gate_name: gate_name.map(str::to_owned),
            direction: evidence.direction,
            answer: evidence.answer.clone(),
            at: evidence.at,
            at_local: self.local(evidence.at),
            at_utc: format_in(&TimeZone::UTC, evidence.at),
            device_time: evidence.device_time,
            not_before: evidence.not_before,
            not_after: evidence.not_after,
            override_reason: overridden.map(|given| given.reason.clone()),
            proof: proofs.of_record((evidence.device, evidence.seq, evidence.hash))?,
        })
    }

    fn conflict(
        &self,
        serial: Serial,
        found: &Conflict,
        proofs: &mut Proofs<'_>,
    ) -> Result<ConflictShown, StoreError> {
        let counted = found.counted.as_ref();
        Ok(ConflictShown {
            cause: Some(found.cause),
            words: words(found.cause).to_owned(),
            order_provable: found.order_provable,
            ticket: self.ticket(serial),
            counted: counted.map(|scan| self.scan(scan, proofs)).transpose()?,
            other: self.scan(&found.other, proofs)?,
        })
    }
}

/// Puts names and proofs to what reconciliation found.
pub(super) fn shown(
    names: &Names<'_>,
    found: &Findings,
    source: &dyn LogSource,
    org: &Organization,
    now: Timestamp,
) -> Result<EventReport, StoreError> {
    let report = &found.report;
    let mut proofs = Proofs::of(source);
    let mut conflicts = Vec::new();
    let mut wrongly_refused = Vec::new();
    for ticket in &report.tickets {
        for conflict in &ticket.conflicts {
            conflicts.push(names.conflict(ticket.serial, conflict, &mut proofs)?);
        }
        for scan in &ticket.wrongly_refused {
            wrongly_refused.push(ConflictShown {
                cause: None,
                words: "Refused, although in order by all that is known now".into(),
                order_provable: true,
                ticket: names.ticket(ticket.serial),
                counted: None,
                other: names.scan(scan, &mut proofs)?,
            });
        }
    }
    conflicts.sort_by_key(|conflict| (conflict.other.at, conflict.other.seq));
    let manifest = names.event.manifest.as_ref();
    Ok(EventReport {
        event: report.event,
        title: manifest.map_or_else(String::new, |manifest| manifest.title.clone()),
        cancelled: names.event.is_cancelled(),
        timezone: manifest.map_or_else(String::new, |manifest| manifest.timezone.clone()),
        made_at: now,
        made_local: names.local(now),
        expected: found.expected,
        totals: report.totals.clone(),
        exposure: Exposure::default(),
        conflicts,
        wrongly_refused,
        unlisted: unlisted(names, report),
        waiting: waiting(names, found),
        devices: devices(names, found),
        root_key: org.root_key().public_key(),
        batches: proofs.batches(),
    })
}

fn unlisted(names: &Names<'_>, report: &Report) -> Vec<TicketShown> {
    use gateline_common::decision::Admission::Unlisted;
    let admitted = report.tickets.iter().filter(|ticket| {
        let admission = ticket.admission.as_ref();
        admission.is_some_and(|scan| scan.answer == Answer::Admit(Unlisted))
    });
    admitted.map(|ticket| names.ticket(ticket.serial)).collect()
}

fn waiting(names: &Names<'_>, found: &Findings) -> Vec<WaitingShown> {
    let pending = found.pending.iter();
    pending
        .map(|record| WaitingShown {
            device_name: names.device(record.device),
            seq: record.seq,
            ticket: record.ticket.map(|ticket| names.ticket(ticket.serial)),
        })
        .collect()
}

fn devices(names: &Names<'_>, held: &Findings) -> Vec<DeviceShown> {
    let reports = &held.report.devices;
    let found = |device: DeviceId| reports.iter().find(|found| found.device == device);
    let mut devices: Vec<DeviceShown> = held
        .devices
        .iter()
        .map(|(device, _)| {
            let found = found(device.device);
            DeviceShown {
                device: device.device,
                name: names.device(device.device),
                key: device.key,
                revoked_at: device.revoked_at,
                scans: found.map_or(0, |found| found.scans),
                admitted: found.map_or(0, |found| found.admitted),
                chain: found.map_or_else(Trace::default, |found| found.trace.clone()),
            }
        })
        .collect();
    devices.sort_by(|one, other| {
        one.name
            .cmp(&other.name)
            .then(one.device.cmp(&other.device))
    });
    devices
}

/// Date, time to the millisecond, and offset.
pub(super) fn format_in(zone: &TimeZone, at: Timestamp) -> String {
    match jiff::Timestamp::from_millisecond(at.0) {
        Ok(time) => time
            .to_zoned(zone.clone())
            .strftime("%Y-%m-%d %H:%M:%S%.3f %:z")
            .to_string(),
        Err(_) => "(no such time)".into(),
    }
}
