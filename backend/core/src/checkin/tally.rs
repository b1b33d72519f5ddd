//! Counting a ticket anew from the records about it: the passages that count,
//! what reconciliation finds, and the ticket's share of the figures.

use super::figures::{Deltas, Figure, Figures, Share};
use super::log::{StoredRecord, scan_of};
use super::ticket::{TicketKey, TicketState};
use gateline_admission::reconcile::{Cancelled, Cause, TimedScan};
use gateline_admission::{EventRules, Facts};
use gateline_common::Hash;
use gateline_common::catalog::Gate;
use gateline_common::decision::{Admission, Answer, Direction, Passage};
use gateline_common::ids::{DeviceId, Epoch, TicketTypeId};
use gateline_common::sync::{
    EventKey, EventManifest, Record, RecordBody, Scan, Subject, TicketStatus,
};
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

    /// Was every ticket counted by rules that come to the same as today's? What a
    /// scan is judged by is the version that its gate had; of today's there are
    /// the keys and where gates and zones lie.
    pub(super) fn counts_as_now(&self, figures: &Figures) -> bool {
        let counted = figures.0.iter().filter(|(_, count)| **count > 0);
        let mut versions = counted.filter_map(|(figure, _)| match figure {
            Figure::CountedBy(version) => Some(version),
            _ => None,
        });
        let now = self.rules.manifest();
        versions.all(|version| {
            let then = self.versions.get(version).map(|rules| rules.manifest());
            *version == now.rules_version || then.is_some_and(|then| is_same_ground(then, now))
        })
    }

    /// What reconciliation starts from, without any ticket.
    pub(super) fn facts(&self) -> Facts {
        let mut facts = Facts::new(EventRules::clone(&self.rules));
        facts.earlier_rules = BTreeMap::clone(&self.versions);
        facts
    }
}

fn is_same_ground(then: &EventManifest, now: &EventManifest) -> bool {
    let gate = |gate: &Gate| {
        now.gates
            .iter()
            .any(|g| (g.id, g.zone) == (gate.id, gate.zone))
    };
    let key = |key: &EventKey| now.keys.iter().any(|k| (k.id, k.key) == (key.id, key.key));
    then.zones == now.zones && then.gates.iter().all(gate) && then.keys.iter().all(key)
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
    let on_signature = Answer::Admit(Admission::Unlisted);
    ticket.unlisted = scans.iter().any(|scan| *scan.shown() == on_signature);
    ticket.share = share(&ticket, records, &facts.rules);
    ticket.share.extend(withdrawn(&scans));
    let version = facts.rules.manifest().rules_version;
    ticket.share.push(Figure::CountedBy(version));
    ticket
}

/// The states that a ticket was in.
pub(super) fn states(ticket: &TicketState) -> Vec<gateline_admission::TicketState> {
    ticket.history.iter().map(|change| change.state).collect()
}

/// The scans of one ticket with the times that were known when they came in.
pub(super) fn timed_scans(records: &[StoredRecord]) -> Vec<TimedScan> {
    let same = |one: &StoredRecord, other: &StoredRecord| {
        other.device == one.device && other.seq == one.seq
    };
    let taken_back = TakenBack::by(records);
    let counted = records.iter().filter(|record| record.is_counted());
    let mut scans: Vec<TimedScan> = Vec::new();
    for stored in counted {
        let Some(record) = stored.record() else {
            continue;
        };
        let forked = records.iter().filter(|other| same(stored, other)).count() > 1;
        scans.extend(timed(stored, &record, &taken_back).map(|scan| TimedScan { forked, ..scan }));
    }
    scans
}

/// A record that counts, with what its row says of it.
fn timed(stored: &StoredRecord, record: &Record, taken_back: &TakenBack<'_>) -> Option<TimedScan> {
    let scan = scan_of(record)?;
    let code = match &scan.subject {
        Subject::Code(bytes) => TicketCode::parse(bytes).ok(),
        Subject::Listed(_) | Subject::Foreign { .. } => None,
    };
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
        forked: false,
        serial: stored.ticket.map(|ticket| ticket.serial),
        epoch: code.map(|code| code.claims().epoch),
        verified: stored.is_verified(),
        scan: scan.clone(),
        cancelled,
    })
}

/// The scans of one device as their tickets were counted: by what was known when
/// each came in. `read` is what the records say. Whether the log is forked is left
/// out, and so is a scan that something takes back which is not surely about the
/// same ticket.
pub(super) fn scans_as_counted<'a>(
    records: &[&StoredRecord],
    read: impl Iterator<Item = Option<&'a Record>>,
) -> Vec<TimedScan> {
    let taken_back = TakenBack::by(records.iter().copied());
    let mut tickets: BTreeMap<u64, Vec<Option<TicketKey>>> = BTreeMap::new();
    for record in records {
        tickets.entry(record.seq).or_default().push(record.ticket);
    }
    let doubtful: BTreeSet<u64> = records
        .iter()
        .filter_map(|back| Some((back.target?, back.ticket)))
        .filter(|(target, ticket)| tickets.get(target).is_some_and(|at| at[..] != [*ticket]))
        .map(|(target, _)| target)
        .collect();
    records
        .iter()
        .zip(read)
        .filter(|(stored, _)| stored.is_counted() && !doubtful.contains(&stored.seq))
        .filter_map(|(stored, record)| timed(stored, record?, &taken_back))
        .collect()
}

/// Withdrawals and undos that count, by the record that they name.
struct TakenBack<'a>(BTreeMap<(DeviceId, u64), Vec<&'a StoredRecord>>);

impl<'a> TakenBack<'a> {
    fn by(records: impl IntoIterator<Item = &'a StoredRecord>) -> Self {
        let mut backs: BTreeMap<_, Vec<&StoredRecord>> = BTreeMap::new();
        let counted = records.into_iter().filter(|record| record.is_counted());
        for back in counted {
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
