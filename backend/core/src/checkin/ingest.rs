//! Taking a batch in: a pure function from the batch and what is held to what
//! becomes of each record and what is to be stored.
//!
//! Always true: every record is kept, whatever is wrong with it, and none holds
//! up another. What a record counts for follows from the set of what is held,
//! not from the order in which it came: a chain that was broken by a missing
//! record is judged again when that record arrives.

use super::batch::{Batch, Claim};
use super::device::Device;
use super::log::{LogHead, StoredRecord};
use super::ports::{Amended, LogView, LogWrite, TicketWrite};
use super::tally::{self, EventBook};
use super::ticket::{TicketKey, TicketState};
use gateline_admission::Facts;
use gateline_common::decision::Answer;
use gateline_common::ids::EventId;
use gateline_common::sync::{
    Outcome, QuarantineReason, Record, RecordBody, RecordOutcome, Subject,
};
use gateline_common::{Hash, PublicKey, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use ticket_crypto::detached::{self, Domain};

/// What taking in a batch depends on.
pub(super) struct Ingest<'a> {
    pub(super) device: &'a Device,
    pub(super) root_key: &'a PublicKey,
    /// The events of the device's organization that the batch names.
    pub(super) events: &'a BTreeMap<EventId, EventBook>,
    pub(super) batch: &'a Batch,
    pub(super) view: &'a LogView,
    pub(super) now: Timestamp,
    /// The server's answer to the last record, when the device asked for it.
    pub(super) answer: Option<&'a Answer>,
}

/// What became of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Ingested {
    pub(super) outcomes: Vec<RecordOutcome>,
    pub(super) write: LogWrite,
    /// Tickets with a double entry that was not known before.
    pub(super) doubled: Vec<TicketKey>,
}

/// The device's log while a batch is taken in, by (sequence, hash).
type Log = BTreeMap<(u64, Hash), StoredRecord>;

impl Ingest<'_> {
    pub(super) fn run(&self) -> Ingested {
        let held: Log = keyed(self.view.held.iter().cloned());
        let mut log = held.clone();
        let mut outcomes = Vec::with_capacity(self.batch.records.len());
        for claim in &self.batch.records {
            let known = log.get(&(claim.seq, claim.hash));
            if known.is_some_and(|known| known.is_signed() || !self.batch.signed) {
                outcomes.push((claim, Outcome::Known));
                continue;
            }
            let forks = has_another(&log, claim);
            let record = self.judge(claim, &log);
            outcomes.push((
                claim,
                if forks {
                    Outcome::Fork
                } else {
                    Outcome::Stored
                },
            ));
            log.insert((claim.seq, claim.hash), record);
        }
        self.judge_chain(&mut log);
        self.attribute(&mut log);
        if let (Some(answer), Some(claim)) = (self.answer, self.batch.records.last())
            && let Some(record) = log.get_mut(&(claim.seq, claim.hash))
        {
            record.confirmed = Some(answer.clone());
            record.pending = !answer.is_admitted();
        }
        let head = self.head(&log);
        settle(&mut log, &head);
        let outcomes = outcomes
            .into_iter()
            .map(|(claim, outcome)| outcome_of(claim, outcome, &log))
            .collect();
        self.effects(&held, &log, head, outcomes)
    }

    /// A new record with everything that can be told without its neighbours.
    fn judge(&self, claim: &Claim, log: &Log) -> StoredRecord {
        let quarantine = self.objection(claim);
        let ticket = claim.ticket().filter(|_| quarantine.is_none());
        let not_before = proven_after(log, claim.seq);
        StoredRecord {
            device: self.device.device,
            seq: claim.seq,
            hash: claim.hash,
            bytes: claim.bytes.clone(),
            quarantine,
            ticket: ticket.filter(|_| self.is_genuine(claim)),
            target: claim.target(),
            at: self.time_of(claim, log),
            not_before,
            received_at: self.now,
            confirmed: None,
            pending: false,
        }
    }

    fn objection(&self, claim: &Claim) -> Option<QuarantineReason> {
        if !self.batch.signed {
            return Some(QuarantineReason::BadSignature);
        }
        let Some(record) = &claim.record else {
            return Some(QuarantineReason::Unreadable);
        };
        let claimed = record.device == self.device.device && record.seq == claim.seq;
        if !claimed || !self.is_own_receipt(record) {
            return Some(QuarantineReason::NotAsClaimed);
        }
        if self.device.is_quarantined() {
            return Some(QuarantineReason::Revoked);
        }
        let foreign = claim
            .event()
            .is_some_and(|event| !self.events.contains_key(&event));
        foreign.then_some(QuarantineReason::ForeignEvent)
    }

    /// A receipt in the chain fixes times, so it must be one that we gave.
    fn is_own_receipt(&self, record: &Record) -> bool {
        let RecordBody::Receipt(signed) = &record.body else {
            return true;
        };
        let bytes = signed.receipt.to_signed_bytes();
        signed.receipt.device == self.device.device
            && detached::verify(self.root_key, Domain::Receipt, &bytes, &signed.signature)
    }

    /// Is the ticket really the one that the scan names?
    fn is_genuine(&self, claim: &Claim) -> bool {
        let Some(book) = claim.event().and_then(|event| self.events.get(&event)) else {
            return false;
        };
        match claim.code() {
            Some(code) => book.is_genuine(&code),
            None => true,
        }
    }

    /// The claimed time, between what came before it and now.
    fn time_of(&self, claim: &Claim, log: &Log) -> Timestamp {
        let Some(record) = &claim.record else {
            return self.now;
        };
        let before = log.range(..(claim.seq, Hash::ZERO)).next_back();
        let running = before.map_or(Timestamp(i64::MIN), |(_, before)| before.at);
        let claimed = record.at.plus_ms(record.clock.offset_ms);
        let earliest = proven_after(log, claim.seq).max(Some(running));
        claimed.max(earliest.unwrap_or(running)).min(self.now)
    }

    /// Judges the chain of everything that is new, and of the record after it.
    fn judge_chain(&self, log: &mut Log) {
        let judged: Vec<(u64, Hash)> = log
            .range((self.batch.first, Hash::ZERO)..)
            .take_while(|((seq, _), _)| *seq <= self.batch.last + 1)
            .map(|(key, _)| *key)
            .collect();
        for key in judged {
            let Some(record) = log.get(&key) else {
                continue;
            };
            if !matches!(
                record.quarantine,
                None | Some(QuarantineReason::BrokenChain)
            ) {
                continue;
            }
            let holds = record.record().is_none_or(|own| is_chained(&own, log));
            if let Some(record) = log.get_mut(&key) {
                record.quarantine = (!holds).then_some(QuarantineReason::BrokenChain);
            }
        }
    }

    /// Gives withdrawals and undos the ticket of what they take back, whichever
    /// came first.
    fn attribute(&self, log: &mut Log) {
        let found: Vec<((u64, Hash), TicketKey)> = log
            .iter()
            .filter(|(_, record)| record.ticket.is_none())
            .filter_map(|(key, record)| Some((*key, ticket_of_target(record, log)?)))
            .collect();
        for (key, ticket) in found {
            if let Some(record) = log.get_mut(&key) {
                record.ticket = Some(ticket);
            }
        }
    }

    fn head(&self, log: &Log) -> LogHead {
        let mut head = self.view.head;
        let is_scan = |seq: u64| {
            let mut at = log.range((seq, Hash::ZERO)..=(seq, Hash([0xff; 32])));
            at.any(|(_, record)| record.ticket_scan())
        };
        if self.batch.signed {
            head.highest = head.highest.max(self.batch.last);
            if (self.batch.first..=self.batch.last).contains(&(head.unbroken + 1)) {
                head.unbroken = self.batch.last;
                for (seq, _) in &self.view.following {
                    head.unbroken = *seq;
                }
            }
        }
        let in_batch = (self.batch.first..=self.batch.last).filter(|seq| is_scan(*seq));
        let after = self.view.following.iter().filter(|(_, scan)| *scan);
        let scans = in_batch.chain(after.map(|(seq, _)| *seq));
        let held = scans.filter(|seq| *seq <= head.unbroken).max();
        head.last_scan = head.last_scan.max(held.unwrap_or(0));
        head
    }

    fn effects(
        &self,
        held: &Log,
        log: &Log,
        head: LogHead,
        outcomes: Vec<RecordOutcome>,
    ) -> Ingested {
        let mut write = LogWrite::default();
        let mut touched = BTreeSet::new();
        for (key, record) in log {
            match held.get(key) {
                Some(before) if before == record => continue,
                Some(before) if before.is_signed() => write.amended.push(amended(record)),
                _ => {
                    write.records.push(record.clone());
                    tally::count_refusal(&mut write.deltas, record, 1);
                }
            }
            if let Some(before) = held.get(key).filter(|before| before.is_signed())
                && before.quarantine != record.quarantine
            {
                tally::count_refusal(&mut write.deltas, before, -1);
                tally::count_refusal(&mut write.deltas, record, 1);
            }
            touched.extend(record.ticket);
        }
        let mut ingested = Ingested {
            outcomes,
            write,
            doubled: Vec::new(),
        };
        let mut facts = BTreeMap::new();
        for key in touched {
            let Some(book) = self.events.get(&key.event) else {
                continue;
            };
            let facts = facts.entry(key.event).or_insert_with(|| book.facts());
            self.recount(key, log, facts, &mut ingested);
        }
        if !ingested.write.records.is_empty() || head != self.view.head {
            ingested.write.head = Some((self.device.device, head));
        }
        ingested
    }

    fn recount(&self, key: TicketKey, log: &Log, facts: &mut Facts, ingested: &mut Ingested) {
        let loaded = self.view.tickets.iter().find(|(t, _)| t.key == key);
        let (before, others) = match loaded {
            Some((ticket, records)) => (ticket.clone(), records.as_slice()),
            None => (TicketState::unknown(key), &[][..]),
        };
        let mut records = keyed_all(others.iter().cloned());
        for record in log.values().filter(|record| record.ticket == Some(key)) {
            records.insert((record.device, record.seq, record.hash), record.clone());
        }
        let records: Vec<StoredRecord> = records.into_values().collect();
        let ticket = tally::recount(before.clone(), &records, facts);
        if tally::has_new_double(&before, &ticket) {
            ingested.doubled.push(key);
        }
        let deltas = &mut ingested.write.deltas;
        deltas.replace(key.event, &before.share, &ticket.share);
        ingested.write.tickets.push(TicketWrite {
            moves: !ticket.is_same_to_gates(&before),
            passages: ticket.passages != before.passages,
            ticket,
        });
    }
}

impl StoredRecord {
    /// Is it a readable scan?
    pub(super) fn ticket_scan(&self) -> bool {
        let record = self.record();
        record.is_some_and(|record| matches!(record.body, RecordBody::Scan(_)))
    }

    /// Was a code of ours scanned, rather than a guest chosen from the list?
    #[must_use]
    pub fn code_bytes(&self) -> Option<Vec<u8>> {
        match self.record()?.body {
            RecordBody::Scan(scan) => match scan.subject {
                Subject::Code(bytes) => Some(bytes),
                Subject::Listed(_) | Subject::Foreign { .. } => None,
            },
            _ => None,
        }
    }
}

fn keyed(records: impl Iterator<Item = StoredRecord>) -> Log {
    records
        .map(|record| ((record.seq, record.hash), record))
        .collect()
}

fn keyed_all(
    records: impl Iterator<Item = StoredRecord>,
) -> BTreeMap<(gateline_common::ids::DeviceId, u64, Hash), StoredRecord> {
    records
        .map(|record| ((record.device, record.seq, record.hash), record))
        .collect()
}

fn at_seq(log: &Log, seq: u64) -> impl Iterator<Item = &StoredRecord> {
    log.range((seq, Hash::ZERO)..=(seq, Hash([0xff; 32])))
        .map(|(_, record)| record)
        .filter(|record| record.is_signed())
}

/// Is the same sequence held with another hash?
fn has_another(log: &Log, claim: &Claim) -> bool {
    at_seq(log, claim.seq).any(|record| record.hash != claim.hash)
}

/// Does a record hold the hash of one before it? True while that is missing.
fn is_chained(record: &Record, log: &Log) -> bool {
    if record.seq == 1 {
        return record.previous == Hash::ZERO;
    }
    let mut before = at_seq(log, record.seq - 1).peekable();
    before.peek().is_none() || before.any(|before| before.hash == record.previous)
}

/// What receipts in the chain prove of whatever comes as number `seq`.
fn proven_after(log: &Log, seq: u64) -> Option<Timestamp> {
    let (_, before) = log.range(..(seq, Hash::ZERO)).next_back()?;
    match before.record().map(|record| record.body) {
        Some(RecordBody::Receipt(signed)) if before.is_counted() => {
            before.not_before.max(Some(signed.receipt.at))
        }
        _ => before.not_before,
    }
}

/// The ticket of what a withdrawal or undo takes back. Of a forked target, the
/// one that it is chained to.
fn ticket_of_target(record: &StoredRecord, log: &Log) -> Option<TicketKey> {
    let target = record.target?;
    let previous = record.record()?.previous;
    let candidates = || at_seq(log, target).filter(|found| found.ticket.is_some());
    candidates()
        .find(|found| found.hash == previous)
        .or_else(|| candidates().next())
        .and_then(|found| found.ticket)
}

/// A refused admission stops waiting when the device withdrew it, or went on to
/// the next guest without doing so: then it was let in.
fn settle(log: &mut Log, head: &LogHead) {
    let withdrawn: BTreeSet<u64> = log
        .values()
        .filter(|record| record.is_counted())
        .filter_map(|record| record.target)
        .collect();
    for ((seq, _), record) in log.iter_mut() {
        if *seq < head.last_scan || withdrawn.contains(seq) {
            record.pending = false;
        }
    }
}

fn outcome_of(claim: &Claim, outcome: Outcome, log: &Log) -> RecordOutcome {
    let reason = log
        .get(&(claim.seq, claim.hash))
        .and_then(|record| record.quarantine);
    let outcome = match (outcome, reason) {
        (Outcome::Known, _) | (_, None) => outcome,
        (_, Some(reason)) => Outcome::Quarantined(reason),
    };
    RecordOutcome {
        seq: claim.seq,
        hash: claim.hash,
        outcome,
    }
}

fn amended(record: &StoredRecord) -> Amended {
    Amended {
        device: record.device,
        seq: record.seq,
        hash: record.hash,
        quarantine: record.quarantine,
        ticket: record.ticket,
        pending: record.pending,
        confirmed: record.confirmed.clone(),
    }
}

/// The tickets that stored records name, also where they do not count yet.
pub(super) fn tickets_named(records: &[StoredRecord]) -> Vec<TicketKey> {
    let claims = records.iter().map(claim_of);
    claims.filter_map(|claim| claim.ticket()).collect()
}

/// The events of records and of tickets.
pub(super) fn events_named(records: &[StoredRecord], view: &LogView) -> BTreeSet<EventId> {
    let claims = records.iter().map(claim_of);
    let scanned = claims.filter_map(|claim| claim.event());
    let loaded = view.tickets.iter().map(|(ticket, _)| ticket.key.event);
    scanned.chain(loaded).collect()
}

/// Counts what was set aside because its device was revoked.
pub(super) fn accept(
    device: &Device,
    events: &BTreeMap<EventId, EventBook>,
    view: &LogView,
    records: &[StoredRecord],
) -> LogWrite {
    let first = records.iter().map(|record| record.seq).min().unwrap_or(1);
    let batch = Batch::of_stored(first, records);
    let ingest = Ingest {
        device,
        root_key: &PublicKey([0; 32]),
        events,
        batch: &batch,
        view,
        now: Timestamp(i64::MAX),
        answer: None,
    };
    let held: Log = keyed(view.held.iter().chain(records).cloned());
    let mut log = held.clone();
    for record in log.values_mut() {
        if record.quarantine == Some(QuarantineReason::Revoked) {
            let claim = claim_of(record);
            let foreign = claim
                .event()
                .is_some_and(|event| !events.contains_key(&event));
            record.quarantine = foreign.then_some(QuarantineReason::ForeignEvent);
            let genuine = !foreign && ingest.is_genuine(&claim);
            record.ticket = claim.ticket().filter(|_| genuine);
        }
    }
    ingest.judge_chain(&mut log);
    ingest.attribute(&mut log);
    settle(&mut log, &view.head);
    ingest.effects(&held, &log, view.head, Vec::new()).write
}

fn claim_of(record: &StoredRecord) -> Claim {
    Claim {
        seq: record.seq,
        hash: record.hash,
        bytes: record.bytes.clone(),
        record: record.record(),
    }
}
