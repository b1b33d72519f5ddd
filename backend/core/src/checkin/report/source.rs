//! Making a report over one moment of the store: digests of the devices' logs,
//! and anew only those tickets that something is to be said about.

use super::digest::{Digest, Digests};
use crate::checkin::device::Device;
use crate::checkin::event::EventState;
use crate::checkin::figures::Figure;
use crate::checkin::log::{LogHead, StoredRecord};
use crate::checkin::ports::{LogSource, Which};
use crate::checkin::tally::{self, EventBook};
use crate::checkin::ticket::{TicketKey, TicketState};
use crate::shared::StoreError;
use gateline_admission::reconcile::{Report, TimedScan, Totals, has_capacities, overruns};
use gateline_admission::{Facts, TicketReport, reconcile_ticket};
use gateline_common::decision::{Admission, Answer};
use gateline_common::ids::{DeviceId, Serial};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What a report says, with what it needs to say it.
pub(super) struct Findings {
    /// Of tickets only those that something is to be said about.
    pub(super) report: Report,
    /// The devices that sent a scan of the event.
    pub(super) devices: Vec<(Device, LogHead)>,
    /// The tickets that it names.
    pub(super) tickets: BTreeMap<Serial, TicketState>,
    /// Records that wait for their device's next word.
    pub(super) pending: Vec<StoredRecord>,
    /// Tickets on the list that stand.
    pub(super) expected: u64,
}

/// Reads and reconciles.
#[derive(Clone)]
pub(super) struct Finder {
    pub(super) state: EventState,
    pub(super) book: EventBook,
    pub(super) digests: Arc<Digests>,
}

impl Finder {
    pub(super) fn find(&self, source: &dyn LogSource) -> Result<Findings, StoreError> {
        let devices = source.devices()?;
        let digests = self.read(source, &devices)?;
        let mut facts = self.book.facts();
        let figures = source.figures()?;
        let mut tickets = Tickets::new(&mut facts, &digests);
        let which = match self.book.counts_as_now(&figures) {
            true => Which::InQuestion,
            false => Which::Scanned,
        };
        source.tickets(which, &mut |ticket, records| tickets.take(ticket, &records))?;
        for serial in tickets.left() {
            let found = source.ticket(serial)?;
            let (ticket, records) = found.unwrap_or_else(|| {
                let event = self.state.event;
                (
                    TicketState::unknown(TicketKey { event, serial }),
                    Vec::new(),
                )
            });
            tickets.take(ticket, &records);
        }
        let mut found = tickets.done();
        let mut totals = found.totals;
        for digest in digests.values() {
            totals.add(&digest.sums);
        }
        let stored = |figure| figures.get(figure);
        totals.tickets_admitted += stored(Figure::Entered).saturating_sub(found.entered);
        totals.inside += stored(Figure::Inside(None)).saturating_sub(found.inside);
        if has_capacities(&facts.rules) {
            let others = digests.values().flat_map(|digest| &digest.passages);
            let others = others.filter(|(_, serial)| !found.seen.contains(serial));
            found.passages.extend(others.cloned());
            totals.overruns = overruns(&facts.rules, found.passages);
        }
        let pending = source.pending()?;
        for record in &pending {
            name(source, record, &mut found.named)?;
        }
        Ok(Findings {
            report: Report {
                event: facts.event(),
                tickets: found.reports,
                devices: digests
                    .values()
                    .map(|digest| digest.report.clone())
                    .collect(),
                totals,
            },
            devices,
            tickets: found.named,
            pending,
            expected: figures.get(Figure::Expected),
        })
    }

    /// The logs of `devices`, read unless they are known as they are now.
    pub(super) fn read(
        &self,
        source: &dyn LogSource,
        devices: &[(Device, LogHead)],
    ) -> Result<BTreeMap<DeviceId, Arc<Digest>>, StoreError> {
        let event = self.state.event;
        let mut facts = self.book.facts();
        let mut digests = BTreeMap::new();
        for (device, head) in devices {
            let (id, made) = (device.device, (*head, self.state.version));
            let digest = match self.digests.find(event, id, made) {
                Some(known) => known,
                None => {
                    let records = source.records(id, 0, head.highest)?;
                    let batches = source.batches(id)?;
                    let digest = Arc::new(Digest::of(&mut facts, id, &records, &batches));
                    self.digests.keep(event, id, made, &digest);
                    digest
                }
            };
            digests.insert(id, digest);
        }
        Ok(digests)
    }

    /// Devices whose logs are not known as they are now.
    pub(super) fn unread(
        &self,
        source: &dyn LogSource,
    ) -> Result<Vec<(Device, LogHead)>, StoreError> {
        let event = self.state.event;
        let mut devices = source.devices()?;
        devices.retain(|(device, head)| {
            let made = (*head, self.state.version);
            self.digests.find(event, device.device, made).is_none()
        });
        Ok(devices)
    }
}

/// Keeps the ticket of a record, to name it.
fn name(
    source: &dyn LogSource,
    record: &StoredRecord,
    named: &mut BTreeMap<Serial, TicketState>,
) -> Result<(), StoreError> {
    if let Some(key) = record.ticket
        && !named.contains_key(&key.serial)
        && let Some((ticket, _)) = source.ticket(key.serial)?
    {
        named.insert(key.serial, ticket);
    }
    Ok(())
}

/// Tickets that are reconciled anew, one by one.
struct Tickets<'a> {
    facts: &'a mut Facts,
    digests: &'a BTreeMap<DeviceId, Arc<Digest>>,
    /// Scans that their tickets did not count.
    otherwise: BTreeMap<Serial, Vec<&'a TimedScan>>,
    waited: BTreeSet<Serial>,
    found: Found,
}

/// What was found of them.
#[derive(Default)]
struct Found {
    reports: Vec<TicketReport>,
    named: BTreeMap<Serial, TicketState>,
    totals: Totals,
    passages: Vec<(gateline_common::decision::Passage, Serial)>,
    seen: BTreeSet<Serial>,
    /// Of the figures: how many of these tickets had entered, and were inside.
    entered: u64,
    inside: u64,
}

impl<'a> Tickets<'a> {
    fn new(facts: &'a mut Facts, digests: &'a BTreeMap<DeviceId, Arc<Digest>>) -> Self {
        let mut otherwise: BTreeMap<Serial, Vec<&TimedScan>> = BTreeMap::new();
        for scan in digests
            .values()
            .flat_map(|digest| digest.otherwise.values())
        {
            if let Some(scan) = scan
                && let Some(serial) = scan.serial
            {
                otherwise.entry(serial).or_default().push(scan);
            }
        }
        let touched = digests.values().flat_map(|digest| &digest.touched);
        Self {
            waited: touched.copied().collect(),
            facts,
            digests,
            otherwise,
            found: Found::default(),
        }
    }

    /// Those that are to be taken and were not yet.
    fn left(&self) -> Vec<Serial> {
        self.waited.iter().copied().collect()
    }

    fn take(&mut self, ticket: TicketState, records: &[StoredRecord]) {
        let serial = ticket.key.serial;
        self.waited.remove(&serial);
        let mut scans = tally::timed_scans(records);
        scans.retain_mut(|scan| {
            let Some(digest) = self.digests.get(&scan.device) else {
                return true;
            };
            scan.forked = digest.forked;
            !digest.otherwise.contains_key(&(scan.seq, scan.hash))
        });
        let others = self.otherwise.get(&serial).into_iter().flatten();
        let all: Vec<&TimedScan> = scans.iter().chain(others.copied()).collect();
        self.facts.tickets.clear();
        if !ticket.history.is_empty() {
            self.facts.tickets.insert(serial, tally::states(&ticket));
        }
        let report = reconcile_ticket(self.facts, serial, all.iter().copied());
        let found = &mut self.found;
        let had = |figure| u64::from(ticket.share.contains(&figure));
        found.entered += had(Figure::Entered);
        found.inside += had(Figure::Inside(None));
        found.totals.add_ticket(&self.facts.rules, &report);
        if has_capacities(&self.facts.rules) {
            let passages = report.passages.iter();
            found
                .passages
                .extend(passages.map(|passage| (passage.clone(), serial)));
            found.seen.insert(serial);
        }
        if is_worth_saying(&report) {
            found.reports.push(report);
            found.named.insert(serial, ticket);
        }
    }

    fn done(self) -> Found {
        let mut found = self.found;
        found.reports.sort_by_key(|report| report.serial);
        found
    }
}

/// Does the report say anything of the ticket but that it was let in?
pub(super) fn is_worth_saying(report: &TicketReport) -> bool {
    let admission = report.admission.as_ref();
    let unlisted = Answer::Admit(Admission::Unlisted);
    !report.conflicts.is_empty()
        || !report.wrongly_refused.is_empty()
        || admission.is_some_and(|scan| scan.answer == unlisted)
}
