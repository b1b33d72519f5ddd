//! Counting a ticket anew from the records about it: the passages that count,
//! what reconciliation finds, and the ticket's share of the figures.

use super::figures::{Deltas, Figure, Share};
use super::log::{StoredRecord, scan_of};
use super::ticket::TicketState;
use gateline_admission::reconcile::{Cancelled, Cause, TimedScan};
use gateline_admission::{EventRules, Facts};
use gateline_common::Hash;
use gateline_common::decision::{Direction, Passage};
use gateline_common::ids::{DeviceId, Epoch, TicketTypeId};
use gateline_common::sync::{RecordBody, Scan, TicketStatus};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use ticket_crypto::{TicketCode, Verification};

/// An event's rules by version, ready for use.
#[derive(Debug, Clone)]
pub(super) struct EventBook {
    /// The newest.
    pub(super) rules: Arc<EventRules>,
    /// Every version that gates were ever given.
    pub(super) versions: Arc<BTreeMap<u64, EventRules>>,
}

impl EventBook {
    /// Do all signatures of the code verify under a key of the event?
    pub(super) fn is_genuine(&self, code: &TicketCode) -> bool {
        matches!(self.rules.keyring().verify(code), Verification::Good { .. })
    }

    /// What reconciliation starts from, without any ticket.
    pub(super) fn facts(&self) -> Facts {
        let mut facts = Facts::new(EventRules::clone(&self.rules));
        facts.earlier_rules = BTreeMap::clone(&self.versions);
        facts
    }
}

/// The ticket with everything that follows from `records`, all that are about it.
pub(super) fn recount(
    mut ticket: TicketState,
    records: &[StoredRecord],
    facts: &mut Facts,
) -> TicketState {
    let serial = ticket.key.serial;
    ticket.passages = passages(records);
    facts.tickets.clear();
    facts.tickets.insert(serial, states(&ticket));
    let scans = timed_scans(records);
    let found = gateline_admission::reconcile_ticket(facts, serial, &scans);
    let clean = found.conflicts.is_empty() && found.wrongly_refused.is_empty();
    ticket.finding = (!clean).then_some(found);
    ticket.share = share(&ticket, records, &facts.rules);
    ticket.share.extend(withdrawn(&scans));
    ticket
}

/// The states that a ticket was in.
pub(super) fn states(ticket: &TicketState) -> Vec<gateline_admission::TicketState> {
    ticket.history.iter().map(|change| change.state).collect()
}

/// The scans of one ticket with the times that were known when they came in.
fn timed_scans(records: &[StoredRecord]) -> Vec<TimedScan> {
    let counted = || records.iter().filter(|record| record.is_counted());
    let taken_back = TakenBack::by(records);
    let timed = |stored: &StoredRecord| {
        let record = stored.record()?;
        let scan = scan_of(&record)?.clone();
        let code = code_of(stored);
        let same = |other: &&StoredRecord| other.device == stored.device && other.seq == stored.seq;
        let cancelled = match taken_back.by_what(stored) {
            Some(back) => cancelled_by(back),
            None => refused(stored),
        };
        Some(TimedScan {
            device: stored.device,
            seq: stored.seq,
            hash: stored.hash,
            at: stored.at,
            claimed: record.at.plus_ms(record.clock.offset_ms),
            device_time: record.at,
            not_before: stored.not_before,
            not_after: Some(stored.received_at),
            forked: records.iter().filter(same).count() > 1,
            serial: stored.ticket.map(|ticket| ticket.serial),
            epoch: code.map(|code| code.claims().epoch),
            scan,
            cancelled,
        })
    };
    counted().filter_map(timed).collect()
}

/// Withdrawals and undos that count, by the record that they name.
struct TakenBack<'a>(BTreeMap<(DeviceId, u64), Vec<&'a StoredRecord>>);

impl<'a> TakenBack<'a> {
    fn by(records: &'a [StoredRecord]) -> Self {
        let mut backs: BTreeMap<_, Vec<&StoredRecord>> = BTreeMap::new();
        for back in records.iter().filter(|record| record.is_counted()) {
            if let Some(target) = back.target {
                backs.entry((back.device, target)).or_default().push(back);
            }
        }
        Self(backs)
    }

    /// What took the record back. In a forked log a sequence is there more than
    /// once: what follows right behind it names the one that it is chained to.
    fn by_what(&self, record: &StoredRecord) -> Option<&'a StoredRecord> {
        let named = self.0.get(&(record.device, record.seq))?;
        let means = |back: &&&StoredRecord| {
            back.seq != record.seq + 1
                || back.record().is_none_or(|own| own.previous == record.hash)
        };
        named.iter().find(means).copied()
    }
}

fn cancelled_by(back: &StoredRecord) -> Option<Cancelled> {
    match back.record()?.body {
        RecordBody::Withdrawal { answer, .. } => Some(Cancelled::Withdrawn(answer)),
        RecordBody::Undo { .. } => Some(Cancelled::Undone(back.at)),
        RecordBody::Scan(_) | RecordBody::Receipt(_) => None,
    }
}

/// What waits for the device's next word is taken as the server answered.
pub(super) fn refused(stored: &StoredRecord) -> Option<Cancelled> {
    let answer = stored.confirmed.clone().filter(|_| stored.pending);
    answer.map(Cancelled::Withdrawn)
}

/// The passages that count, in order of time.
pub(super) fn passages(records: &[StoredRecord]) -> Vec<Passage> {
    let mut passages: Vec<Passage> = standing(records)
        .map(|(stored, scan)| Passage {
            at: stored.at,
            device: stored.device,
            seq: stored.seq,
            gate: scan.gate,
            direction: scan.direction,
        })
        .collect();
    passages.sort();
    passages
}

/// The highest owner epoch in a genuine code of the ticket.
pub(super) fn highest_epoch(ticket: &TicketState, records: &[StoredRecord]) -> Option<Epoch> {
    let seen = records.iter().filter(|record| record.is_counted());
    let seen = seen.filter_map(|record| Some(code_of(record)?.claims().epoch));
    seen.chain(ticket.listed.as_ref().map(|listed| listed.epoch))
        .max()
}

/// Was this very code, with its holder proof, let through before? An admission
/// that was taken back, or that the server refused, has not used it up.
pub(super) fn proof_used(
    code: &TicketCode,
    own: (DeviceId, u64),
    records: &[StoredRecord],
) -> bool {
    code.proof().is_some()
        && standing(records)
            .filter(|(record, _)| (record.device, record.seq) != own)
            .any(|(record, _)| record.code_bytes().as_deref() == Some(code.bytes()))
}

/// The admissions that count, with what they say: neither taken back, nor set
/// aside, nor waiting for the device's next word.
fn standing(records: &[StoredRecord]) -> impl Iterator<Item = (&StoredRecord, Scan)> {
    let taken_back = TakenBack::by(records);
    records
        .iter()
        .filter(|record| record.is_counted() && !record.pending)
        .filter(move |record| taken_back.by_what(record).is_none())
        .filter_map(|stored| {
            let scan = scan_of(&stored.record()?)?.clone();
            scan.answer.is_admitted().then_some((stored, scan))
        })
}

fn code_of(record: &StoredRecord) -> Option<TicketCode> {
    TicketCode::parse(&record.code_bytes()?).ok()
}

/// The list's type, or of an unlisted ticket the code's.
pub(super) fn type_of(ticket: &TicketState, records: &[StoredRecord]) -> Option<TicketTypeId> {
    match &ticket.listed {
        Some(listed) => Some(listed.ticket_type),
        None => Some(records.iter().find_map(code_of)?.claims().ticket_type),
    }
}

fn share(ticket: &TicketState, records: &[StoredRecord], rules: &EventRules) -> Share {
    let mut share = expected(ticket);
    let entries = ticket.passages.iter();
    let first = entries.clone().find(|p| p.direction == Direction::Entry);
    if let Some(first) = first {
        share.retain(|figure| !matches!(figure, Figure::Open(_)));
        share.extend([Figure::Entered, Figure::EnteredAt(first.gate)]);
        share.extend(type_of(ticket, records).map(Figure::EnteredOfType));
        if ticket.listed.is_none() {
            share.push(Figure::Unlisted);
        }
    }
    let places = gateline_admission::places(rules, &ticket.passages);
    share.extend(places.into_iter().map(Figure::Inside));
    let doubles = doubles(ticket).len();
    share.extend(std::iter::repeat_n(Figure::Duplicates, doubles));
    share.extend(std::iter::repeat_n(Figure::Conflicts, ticket.conflicts()));
    share
}

/// What a gate let through and the server turned down was refused in the end.
fn withdrawn(scans: &[TimedScan]) -> impl Iterator<Item = Figure> {
    let in_the_end = |scan: &&TimedScan| {
        scan.scan.answer.is_admitted() && matches!(scan.cancelled, Some(Cancelled::Withdrawn(_)))
    };
    let refused = scans.iter().filter(in_the_end);
    refused.flat_map(|scan| [Figure::Refused, Figure::RefusedAt(scan.scan.gate)])
}

/// The share of a ticket that was not scanned.
pub(super) fn expected(ticket: &TicketState) -> Share {
    let stands = |status| status == TicketStatus::Valid;
    match &ticket.listed {
        Some(listed) if stands(listed.status) => {
            vec![Figure::Expected, Figure::Open(listed.ticket_type)]
        }
        _ => Vec::new(),
    }
}

/// Adds a scan that its gate refused to the figures, or takes it away. One that
/// the server turned down is in its ticket's share.
pub(super) fn count_refusal(deltas: &mut Deltas, stored: &StoredRecord, by: i64) {
    if !stored.is_counted() {
        return;
    }
    let Some(record) = stored.record() else {
        return;
    };
    if let Some(scan) = scan_of(&record).filter(|scan| !scan.answer.is_admitted()) {
        deltas.add(scan.event, Figure::Refused, by);
        deltas.add(scan.event, Figure::RefusedAt(scan.gate), by);
    }
}

/// Conflicts that say that a ticket was let in more than once, by the records
/// that collide.
fn doubles(ticket: &TicketState) -> BTreeSet<(DeviceId, u64, Hash)> {
    let found = ticket.finding.iter().flat_map(|found| &found.conflicts);
    found
        .filter(|conflict| matches!(conflict.cause, Cause::SameCodeTwice | Cause::OldOwner))
        .map(|conflict| {
            let other = &conflict.other;
            (other.device, other.seq, other.hash)
        })
        .collect()
}

/// Did reconciliation find a double entry that was not known?
pub(super) fn has_new_double(before: &TicketState, after: &TicketState) -> bool {
    !doubles(after).is_subset(&doubles(before))
}
