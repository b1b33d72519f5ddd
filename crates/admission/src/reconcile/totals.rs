//! The sums of a report, made from its parts.

use super::facts::Facts;
use super::log::{Cancelled, DeviceLog, TimedScan};
use super::report::{DeviceReport, Overrun, Report, TicketReport, Totals};
use crate::occupancy::{Headcount, Occupancy};
use crate::rules::EventRules;
use gateline_common::decision::{Admission, Answer, Direction, Passage};
use gateline_common::ids::{Serial, ZoneId};
use gateline_common::sync::Subject;
use std::collections::BTreeMap;

/// Makes the report of these parts: one log per device, one report per ticket.
#[must_use]
pub fn assemble(facts: &Facts, logs: &[DeviceLog], mut tickets: Vec<TicketReport>) -> Report {
    tickets.sort_by_key(|ticket| ticket.serial);
    let mut devices: Vec<DeviceReport> = logs.iter().map(device_report).collect();
    devices.sort_by_key(|device| device.device);
    let mut totals = Totals::default();
    for scan in logs.iter().flat_map(|log| &log.scans) {
        count_scan(&mut totals, scan);
    }
    for ticket in &tickets {
        totals.tickets_admitted += u64::from(was_let_in(ticket));
        totals.wrongly_refused += ticket.wrongly_refused.len() as u64;
        for conflict in &ticket.conflicts {
            *totals.conflicts.entry(conflict.cause).or_default() += 1;
        }
    }
    let count = Headcount::of(
        &facts.rules,
        tickets.iter().map(|ticket| &ticket.passages[..]),
    );
    totals.inside = u64::from(count.inside(None));
    totals.overruns = overruns(&facts.rules, &tickets);
    Report {
        event: facts.event(),
        tickets,
        devices,
        totals,
    }
}

fn was_let_in(ticket: &TicketReport) -> bool {
    let mut passages = ticket.passages.iter();
    passages.any(|passage| passage.direction == Direction::Entry)
}

fn device_report(log: &DeviceLog) -> DeviceReport {
    let admitted = log.scans.iter().filter(|scan| is_admitted(scan)).count();
    DeviceReport {
        device: log.device,
        trace: log.trace.clone(),
        scans: log.scans.len() as u64,
        admitted: admitted as u64,
    }
}

fn is_admitted(scan: &TimedScan) -> bool {
    scan.cancelled.is_none() && scan.scan.answer.is_admitted()
}

fn count_scan(totals: &mut Totals, scan: &TimedScan) {
    totals.scans += 1;
    totals.no_ticket += u64::from(scan.serial.is_none());
    match (&scan.cancelled, scan.shown()) {
        (Some(Cancelled::Undone(_)), _) => totals.undone += 1,
        (None, Answer::Admit(admission)) => {
            totals.admitted += 1;
            totals.exits += u64::from(*admission == Admission::Exit);
            totals.unlisted += u64::from(*admission == Admission::Unlisted);
            let chosen = matches!(scan.scan.subject, Subject::Listed(_));
            totals.chosen_from_list += u64::from(chosen);
        }
        (cancelled, shown) => {
            totals.refused += 1;
            let name = match shown {
                Answer::Refuse(refusal) => refusal.reason(),
                // A withdrawal that gives no reason.
                Answer::Admit(_) => "withdrawn",
            };
            *totals.refusals.entry(name.to_owned()).or_default() += 1;
            totals.withdrawn += u64::from(cancelled.is_some());
        }
    }
}

/// Walks through all passages in order of time and finds where a capacity was
/// exceeded.
fn overruns(rules: &EventRules, tickets: &[TicketReport]) -> Vec<Overrun> {
    let limits = capacities(rules);
    if limits.is_empty() {
        return Vec::new();
    }
    let mut passages: Vec<(&Passage, Serial)> = tickets
        .iter()
        .flat_map(|ticket| {
            ticket
                .passages
                .iter()
                .map(|passage| (passage, ticket.serial))
        })
        .collect();
    passages.sort();
    let mut histories: BTreeMap<Serial, Vec<Passage>> = BTreeMap::new();
    let mut count = Headcount::default();
    let mut peaks: BTreeMap<Option<ZoneId>, Overrun> = BTreeMap::new();
    for (passage, serial) in passages {
        let history = histories.entry(serial).or_default();
        let before = history.clone();
        history.push(passage.clone());
        count.update(rules, &before, history);
        for (zone, capacity) in &limits {
            let (zone, capacity, held) = (*zone, *capacity, count.inside(*zone));
            let overrun = Overrun {
                zone,
                capacity,
                peak: held,
                at: passage.at,
            };
            if held > peaks.get(&zone).map_or(capacity, |peak| peak.peak) {
                peaks.insert(zone, overrun);
            }
        }
    }
    peaks.into_values().collect()
}

fn capacities(rules: &EventRules) -> Vec<(Option<ZoneId>, u32)> {
    let whole = rules.policy().capacity.map(|capacity| (None, capacity));
    let zones = rules.manifest().zones.iter();
    let zones = zones.filter_map(|zone| Some((Some(zone.id), zone.capacity?)));
    whole.into_iter().chain(zones).collect()
}
