//! The sums of a report, made from its parts.

use super::facts::Facts;
use super::log::{Cancelled, DeviceLog, TimedScan};
use super::report::{DeviceReport, Overrun, Report, TicketReport, Totals};
use crate::occupancy::{Headcount, Occupancy, places};
use crate::rules::EventRules;
use gateline_common::decision::{Admission, Answer, Direction, Passage};
use gateline_common::ids::{Serial, ZoneId};
use gateline_common::sync::Subject;
use std::collections::{BTreeMap, BTreeSet};

/// The sums of scans alone, of any part of the logs; those of all parts
/// [add up](Totals::add).
#[must_use]
pub fn sums_of<'a>(scans: impl IntoIterator<Item = &'a TimedScan>) -> Totals {
    let mut totals = Totals::default();
    for scan in scans {
        count_scan(&mut totals, scan);
    }
    totals
}

/// Makes the report of these parts: one log per device, one report per ticket.
#[must_use]
pub fn assemble(facts: &Facts, logs: &[DeviceLog], mut tickets: Vec<TicketReport>) -> Report {
    tickets.sort_by_key(|ticket| ticket.serial);
    let mut devices: Vec<DeviceReport> = logs.iter().map(device_report).collect();
    devices.sort_by_key(|device| device.device);
    let mut totals = sums_of(logs.iter().flat_map(|log| &log.scans));
    for ticket in &tickets {
        totals.add_ticket(&facts.rules, ticket);
    }
    if has_capacities(&facts.rules) {
        let passages = tickets.iter().flat_map(|ticket| {
            let passages = ticket.passages.iter();
            passages.map(|passage| (passage.clone(), ticket.serial))
        });
        totals.overruns = overruns(&facts.rules, passages.collect());
    }
    Report {
        event: facts.event(),
        tickets,
        devices,
        totals,
    }
}

impl Totals {
    /// Adds the sums of other scans.
    pub fn add(&mut self, other: &Self) {
        self.scans += other.scans;
        self.admitted += other.admitted;
        self.exits += other.exits;
        self.refused += other.refused;
        for (reason, count) in &other.refusals {
            *self.refusals.entry(reason.clone()).or_default() += count;
        }
        self.undone += other.undone;
        self.withdrawn += other.withdrawn;
        self.unlisted += other.unlisted;
        self.chosen_from_list += other.chosen_from_list;
        self.no_ticket += other.no_ticket;
    }

    /// Adds what reconciliation found of a ticket.
    pub fn add_ticket(&mut self, rules: &EventRules, ticket: &TicketReport) {
        self.tickets_admitted += u64::from(ticket.was_let_in());
        self.inside += u64::from(ticket.is_inside(rules));
        self.wrongly_refused += ticket.wrongly_refused.len() as u64;
        for conflict in &ticket.conflicts {
            *self.conflicts.entry(conflict.cause).or_default() += 1;
        }
    }
}

impl TicketReport {
    /// Did it let a guest in, also where that should not have been?
    #[must_use]
    pub fn was_let_in(&self) -> bool {
        let mut passages = self.passages.iter();
        passages.any(|passage| passage.direction == Direction::Entry)
    }

    /// Is it in the event now?
    #[must_use]
    pub fn is_inside(&self, rules: &EventRules) -> bool {
        places(rules, &self.passages).contains(&None)
    }
}

/// What a device's log shows.
#[must_use]
pub fn device_report(log: &DeviceLog) -> DeviceReport {
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

/// May the event, or a zone of it, hold only so many?
#[must_use]
pub fn has_capacities(rules: &EventRules) -> bool {
    !capacities(rules).is_empty()
}

/// Walks through all passages that stand, with their tickets, in order of time,
/// and finds where a capacity was exceeded.
#[must_use]
pub fn overruns(rules: &EventRules, mut passages: Vec<(Passage, Serial)>) -> Vec<Overrun> {
    let limits = capacities(rules);
    passages.sort();
    let often = more_than_once(&passages);
    let mut histories: BTreeMap<Serial, Vec<Passage>> = BTreeMap::new();
    let mut count = Headcount::default();
    let mut peaks: BTreeMap<Option<ZoneId>, Overrun> = BTreeMap::new();
    for (passage, serial) in &passages {
        if often.contains(serial) {
            let history = histories.entry(*serial).or_default();
            let before = history.clone();
            history.push(passage.clone());
            count.update(rules, &before, history);
        } else {
            count.update(rules, &[], std::slice::from_ref(passage));
        }
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

/// Tickets with several passages: most have one, and need no history.
fn more_than_once(passages: &[(Passage, Serial)]) -> BTreeSet<Serial> {
    let mut serials: Vec<Serial> = passages.iter().map(|(_, serial)| *serial).collect();
    serials.sort_unstable();
    let pairs = serials.windows(2);
    pairs
        .filter(|pair| pair[0] == pair[1])
        .map(|pair| pair[0])
        .collect()
}

fn capacities(rules: &EventRules) -> Vec<(Option<ZoneId>, u32)> {
    let whole = rules.policy().capacity.map(|capacity| (None, capacity));
    let zones = rules.manifest().zones.iter();
    let zones = zones.filter_map(|zone| Some((Some(zone.id), zone.capacity?)));
    whole.into_iter().chain(zones).collect()
}
