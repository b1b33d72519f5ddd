//! Taking a batch in: a pure function from the batch and what is held to what
//! becomes of each record and what is to be stored.
//!
//! Always true: every record is kept, whatever is wrong with it, and none holds
//! up another. What a record counts for follows from the set of what is held,
//! not from the order in which it came: a chain that was broken by a missing
//! record is judged again when that record arrives. Both branches of a forked
//! log count; the fork is reported.

mod accept;
mod chain;
mod judge;
#[cfg(test)]
mod tests;

pub(super) use accept::{accept, events_named, tickets_named};

use super::batch::{Batch, Claim};
use super::device::Device;
use super::log::{LogHead, StoredRecord};
use super::ports::{Amended, LogView, LogWrite, TicketWrite};
use super::tally::{self, EventBook};
use super::ticket::{TicketKey, TicketState};
use chain::{Log, has_another, keyed, settle};
use gateline_admission::Facts;
use gateline_common::decision::Answer;
use gateline_common::ids::{DeviceId, EventId};
use gateline_common::sync::{Outcome, RecordOutcome};
use gateline_common::{Hash, PublicKey, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What taking in a batch depends on.
pub(super) struct Ingest<'a> {
    pub(super) device: &'a Device,
    pub(super) root_key: &'a PublicKey,
    /// The events of the device's organization that the batch names.
    pub(super) events: &'a BTreeMap<EventId, EventBook>,
    pub(super) batch: &'a Batch,
    pub(super) view: &'a LogView,
    pub(super) now: Timestamp,
    pub(super) asked: &'a Asked,
}

/// Does the device ask about the last record of the batch? If not, every record
/// is its word: what it did, whatever the server thinks of it.
#[derive(Debug, Clone)]
pub(super) enum Asked {
    /// A plain upload.
    Nothing,
    /// A question that is not answered yet, or was answered before.
    Open,
    /// A question and the server's answer to it.
    Answered(Answer),
}

/// What became of it.
#[derive(Debug, Clone, Default)]
pub(super) struct Ingested {
    pub(super) outcomes: Vec<RecordOutcome>,
    pub(super) write: LogWrite,
    /// Tickets with a double entry that was not known before.
    pub(super) doubled: Vec<TicketKey>,
}

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
            let outcome = match has_another(&log, claim) {
                true => Outcome::Fork,
                false => Outcome::Stored,
            };
            let record = self.judge(claim, &log);
            outcomes.push((claim, outcome));
            log.insert((claim.seq, claim.hash), record);
        }
        self.judge_chain(&mut log);
        self.attribute(&mut log);
        self.take_word(&held, &mut log);
        let head = self.head(&log);
        settle(&mut log, &head);
        let outcomes = outcomes
            .into_iter()
            .map(|(claim, outcome)| outcome_of(claim, outcome, &log))
            .collect();
        self.effects(&held, &log, head, outcomes)
    }

    /// Keeps the server's answer, and ends the waiting for what the device says
    /// without asking. Where the word came before the question (a request that
    /// was overtaken), the answer changes nothing: its gate had decided.
    fn take_word(&self, held: &Log, log: &mut Log) {
        if !self.batch.signed {
            return;
        }
        let asked = match self.asked {
            Asked::Nothing => None,
            Asked::Open | Asked::Answered(_) => self.batch.records.last(),
        };
        let asked = asked.map(|claim| (claim.seq, claim.hash));
        for claim in &self.batch.records {
            let key = (claim.seq, claim.hash);
            let Some(record) = log.get_mut(&key) else {
                continue;
            };
            if asked != Some(key) {
                record.pending = false;
            } else if let Asked::Answered(answer) = self.asked {
                let said = held.get(&key).is_some_and(StoredRecord::is_signed);
                record.confirmed = Some(answer.clone());
                record.pending = !answer.is_admitted() && !said;
            }
        }
    }

    fn head(&self, log: &Log) -> LogHead {
        let mut head = self.view.head;
        let is_scan = |seq: u64| {
            let mut at = log.range((seq, Hash::ZERO)..=(seq, Hash([0xff; 32])));
            at.any(|(_, record)| record.is_scan())
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
            let before = held.get(key).filter(|before| before.is_signed());
            match before {
                _ if held.get(key) == Some(record) => continue,
                Some(before) => {
                    write.amended.push(amended(record));
                    touched.extend(before.ticket);
                    if before.quarantine != record.quarantine {
                        tally::count_refusal(&mut write.deltas, before, -1);
                        tally::count_refusal(&mut write.deltas, record, 1);
                    }
                }
                None => {
                    write.records.push(record.clone());
                    tally::count_refusal(&mut write.deltas, record, 1);
                }
            }
            touched.extend(record.ticket);
        }
        let mut ingested = Ingested {
            outcomes,
            write,
            doubled: Vec::new(),
        };
        self.recount_all(&touched, log, &mut ingested);
        let touched = !ingested.write.records.is_empty() || !ingested.write.amended.is_empty();
        // Also where it stays as it is: its version tells that the log changed.
        if touched || head != self.view.head {
            ingested.write.head = Some((self.device.device, head));
        }
        ingested
    }

    fn recount_all(&self, touched: &BTreeSet<TicketKey>, log: &Log, ingested: &mut Ingested) {
        let mut facts: BTreeMap<EventId, Facts> = BTreeMap::new();
        let loaded: BTreeMap<TicketKey, &(TicketState, Vec<StoredRecord>)> = {
            let tickets = self.view.tickets.iter();
            tickets.map(|loaded| (loaded.0.key, loaded)).collect()
        };
        let mut own: BTreeMap<TicketKey, Vec<&StoredRecord>> = BTreeMap::new();
        for record in log.values() {
            if let Some(key) = record.ticket {
                own.entry(key).or_default().push(record);
            }
        }
        for key in touched {
            let Some(book) = self.events.get(&key.event) else {
                continue;
            };
            let (before, others) = match loaded.get(key) {
                Some((ticket, records)) => (ticket.clone(), records.as_slice()),
                None => (TicketState::unknown(*key), &[][..]),
            };
            let own = own.get(key).map_or(&[][..], Vec::as_slice);
            let records = about(log, others, own, *key);
            let facts = facts.entry(key.event).or_insert_with(|| book.facts());
            let after = tally::recount(before.clone(), &records, facts);
            if tally::has_new_double(&before, &after) {
                ingested.doubled.push(*key);
            }
            let deltas = &mut ingested.write.deltas;
            deltas.replace(key.event, &before.share, &after.share);
            ingested.write.tickets.push(TicketWrite {
                moves: !after.is_same_to_gates(&before),
                passages: after.passages != before.passages,
                ticket: after,
            });
        }
    }
}

/// All records about a ticket, as they will be held: those of this log (`own`),
/// and of what was loaded (`others`) whatever this log does not have otherwise.
fn about(
    log: &Log,
    others: &[StoredRecord],
    own: &[&StoredRecord],
    key: TicketKey,
) -> Vec<StoredRecord> {
    let mut records: BTreeMap<(DeviceId, u64, Hash), &StoredRecord> = BTreeMap::new();
    let device = log.values().next().map(|record| record.device);
    for record in others {
        let newer = log.get(&(record.seq, record.hash));
        let moved = newer.is_some_and(|newer| newer.ticket != Some(key));
        if Some(record.device) != device || !moved {
            records.insert((record.device, record.seq, record.hash), record);
        }
    }
    for record in own {
        records.insert((record.device, record.seq, record.hash), record);
    }
    records.into_values().cloned().collect()
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
