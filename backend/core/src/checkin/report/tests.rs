//! A report of one moment says what reconciling everything says, and proves it.

use super::proof::{Proof, Proofs};
use super::source::{Finder, is_worth_saying};
use super::{EventLog, reconciled};
use crate::checkin::device::Device;
use crate::checkin::event::EventState;
use crate::checkin::figures::{Deltas, Figures};
use crate::checkin::log::{LogHead, StoredBatch, StoredRecord};
use crate::checkin::ports::{LogSource, TakeTicket, Which};
use crate::checkin::tally;
use crate::checkin::test_shelf::{Shelf, story};
use crate::checkin::test_venue::{ADULT, EVENT, TestGate, books, manifest};
use crate::checkin::ticket::{TicketChange, TicketKey, TicketState};
use crate::shared::StoreError;
use gateline_admission::EventRules;
use gateline_admission::reconcile::Report;
use gateline_common::Timestamp;
use gateline_common::ids::{DeviceId, Epoch, Serial};
use gateline_common::sync::{Record, TicketStatus};
use proptest::prelude::*;
use std::sync::Arc;

/// A shelf and the gates whose logs it holds.
struct Held<'a>(&'a Shelf, &'a [TestGate]);

impl Held<'_> {
    fn about(&self, key: TicketKey) -> Option<(TicketState, Vec<StoredRecord>)> {
        let ticket = self.0.tickets.get(&key)?.clone();
        let records = self.0.records.values().filter(|r| r.ticket == Some(key));
        Some((ticket, records.cloned().collect()))
    }

    /// The state of everything at once.
    fn all(&self) -> EventLog {
        let scanned = |ticket: &&TicketState| {
            let mut records = self.0.records.values();
            records.any(|record| record.ticket == Some(ticket.key))
        };
        EventLog {
            devices: self.devices().expect("a shelf"),
            records: self.0.records.values().cloned().collect(),
            batches: self.0.batches.clone(),
            tickets: self.0.tickets.values().filter(scanned).cloned().collect(),
        }
    }
}

impl LogSource for Held<'_> {
    fn devices(&self) -> Result<Vec<(Device, LogHead)>, StoreError> {
        let mut devices: Vec<(Device, LogHead)> = Vec::new();
        for gate in self.1 {
            let device = gate.device();
            let known = devices
                .iter()
                .any(|(known, _)| known.device == device.device);
            if let Some(head) = self.0.heads.get(&device.device)
                && !known
            {
                devices.push((device, *head));
            }
        }
        Ok(devices)
    }

    fn records(
        &self,
        device: DeviceId,
        first: u64,
        last: u64,
    ) -> Result<Vec<StoredRecord>, StoreError> {
        let within = |record: &&StoredRecord| (first..=last).contains(&record.seq);
        Ok(self.0.held(device).filter(within).cloned().collect())
    }

    fn batches(&self, device: DeviceId) -> Result<Vec<StoredBatch>, StoreError> {
        let batches = self.0.batches.iter();
        Ok(batches
            .filter(|batch| batch.device == device)
            .cloned()
            .collect())
    }

    fn pending(&self) -> Result<Vec<StoredRecord>, StoreError> {
        let pending = self.0.records.values().filter(|record| record.pending);
        Ok(pending.cloned().collect())
    }

    fn tickets(&self, which: Which, take: &mut TakeTicket<'_>) -> Result<(), StoreError> {
        for ticket in self.0.tickets.values() {
            let Some((ticket, records)) = self.about(ticket.key) else {
                continue;
            };
            let wanted = match which {
                Which::InQuestion => ticket.is_in_question(),
                Which::Scanned => !records.is_empty(),
            };
            if wanted {
                take(ticket, records);
            }
        }
        Ok(())
    }

    fn ticket(
        &self,
        serial: Serial,
    ) -> Result<Option<(TicketState, Vec<StoredRecord>)>, StoreError> {
        let event = EVENT;
        Ok(self.about(TicketKey { event, serial }))
    }

    fn figures(&self) -> Result<Figures, StoreError> {
        Ok(self.0.figures.clone())
    }
}

/// Tickets 1 and 2 are on the list; 1 has a new owner since the tenth second.
fn listed(shelf: &mut Shelf) {
    for serial in [1, 2] {
        let serial = Serial::truncate(serial);
        let mut ticket = TicketState::unknown(TicketKey {
            event: EVENT,
            serial,
        });
        let state = |since, epoch| gateline_admission::TicketState {
            since: Timestamp(since),
            epoch: Epoch(epoch),
            ticket_type: ADULT,
            status: TicketStatus::Valid,
        };
        ticket.history.push(TicketChange {
            version: 1,
            state: state(0, 0),
            code_hash: None,
        });
        if serial.get() == 1 {
            ticket.history.push(TicketChange {
                version: 2,
                state: state(1_006_000, 1),
                code_hash: None,
            });
        }
        shelf.tickets.insert(ticket.key, ticket);
    }
}

/// What a report says: tickets of which there is nothing to say are left out.
fn said(mut report: Report) -> String {
    report.tickets.retain(is_worth_saying);
    serde_json::to_string_pretty(&report).expect("it can be written")
}

fn finder(capacity: Option<u32>) -> Finder {
    Finder {
        state: EventState::unknown(EVENT),
        book: books(capacity).remove(&EVENT).expect("the event"),
        digests: Arc::default(),
    }
}

fn check(finder: &Finder, held: &Held<'_>) -> Result<(), TestCaseError> {
    let found = finder.find(held).expect("a shelf");
    let whole = reconciled(&finder.state, &finder.book, &held.all());
    prop_assert_eq!(said(found.report), said(whole));
    Ok(())
}

proptest! {
    #[test]
    fn the_report_of_one_moment_says_what_reconciling_everything_says(
        (logs, pieces) in story(),
        hurry_ms in 1..4_000i64,
        capacity in prop::option::of(0..3u32),
        lost in 0..4usize,
    ) {
        let finder = finder(capacity);
        let mut shelf = Shelf { before_closing_ms: 7_999_000, capacity, ..Shelf::default() };
        listed(&mut shelf);
        for (index, first, size) in pieces.into_iter().skip(lost) {
            let Some(log) = logs.get(index) else { continue };
            let len = log.log.len() as u64;
            shelf.before_closing_ms -= hurry_ms;
            if first < len {
                shelf.upload(log, first + 1, (first + size).min(len));
                // What is kept of the last report must not show in this one.
                check(&finder, &Held(&shelf, &logs))?;
            }
        }
    }
}

/// The records that the signature of `batch` covers, from the last backwards.
fn covered(held: &Held<'_>, batch: &StoredBatch) -> Vec<StoredRecord> {
    let mut chain: Vec<StoredRecord> = Vec::new();
    for seq in (batch.first_seq..=batch.last_seq).rev() {
        let hash = chain.last().map_or(Some(batch.last_hash), |next| {
            next.record().map(|record| record.previous)
        });
        let found = held.records(batch.device, seq, seq).expect("a shelf");
        let Some(record) = found.into_iter().find(|record| Some(record.hash) == hash) else {
            break;
        };
        chain.push(record);
    }
    chain
}

proptest! {
    #[test]
    fn every_record_that_a_signature_covers_is_proven_by_the_hashes_that_lead_to_it(
        (logs, pieces) in story(),
        wanted in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let mut shelf = Shelf { before_closing_ms: 7_999_000, ..Shelf::default() };
        for (index, first, size) in pieces {
            let Some(log) = logs.get(index) else { continue };
            let len = log.log.len() as u64;
            if first < len {
                shelf.upload(log, first + 1, (first + size).min(len));
            }
        }
        let held = Held(&shelf, &logs);
        let records: Vec<&StoredRecord> = shelf.records.values().collect();
        prop_assume!(!records.is_empty());
        let wanted: Vec<&StoredRecord> = wanted.iter().map(|at| *at.get(&records)).collect();
        let mut proofs = Proofs::of(&held);
        let found = wanted.iter().map(|r| proofs.of_record((r.device, r.seq, r.hash)));
        let found: Vec<Proof> = found.collect::<Result<_, _>>().expect("a shelf");
        let batches = proofs.batches();
        for (record, proof) in wanted.iter().zip(&found) {
            let is_covered = shelf.batches.iter().any(|batch| {
                covered(&held, batch).iter().any(|it| (it.device, it.hash) == (record.device, record.hash))
            });
            prop_assert_eq!(proof.batch.is_some(), is_covered);
            let Some(batch) = proof.batch.map(|at| &batches[at]) else { continue };
            prop_assert!(batch.records.contains(&proof.record));
            let last = batch.records.last();
            prop_assert_eq!(last.map(|last| Record::hash(&last.0)), Some(batch.last_hash));
            for pair in batch.records.windows(2) {
                let next = Record::from_bytes(&pair[1].0).expect("a record");
                prop_assert_eq!(next.previous, Record::hash(&pair[0].0));
            }
        }
        for (at, batch) in batches.iter().enumerate() {
            let first = batch.records.first();
            let needs_it = |proof: &Proof| proof.batch == Some(at) && Some(&proof.record) == first;
            prop_assert!(found.iter().any(needs_it), "more is sent than a proof needs");
        }
    }
}

#[test]
fn tickets_that_other_rules_counted_are_counted_by_those_of_today() {
    let mut shelf = Shelf::default();
    let mut gate = TestGate::new(1, crate::checkin::test_venue::NORTH);
    gate.admit(1);
    shelf.upload(&gate, 1, 1);
    let mut finder = finder(None);
    let mut moved = manifest();
    moved.rules_version = 2;
    moved.gates.clear();
    finder.book.rules = Arc::new(EventRules::compile(&moved).expect("good rules"));
    assert!(!finder.book.counts_as_now(&shelf.figures));
    check(&finder, &Held(&shelf, &[gate])).expect("the same");
}

#[test]
fn a_ticket_that_is_counted_again_is_counted_by_the_rules_of_today_alone() {
    let mut shelf = Shelf::default();
    let mut gate = TestGate::new(1, crate::checkin::test_venue::NORTH);
    gate.admit(1);
    shelf.upload(&gate, 1, 1);
    let mut finder = finder(None);
    let mut newer = manifest();
    newer.rules_version = 2;
    newer.gates.clear();
    finder.book.rules = Arc::new(EventRules::compile(&newer).expect("good rules"));
    let key = TicketKey {
        event: EVENT,
        serial: Serial::truncate(1),
    };
    let (before, records) = Held(&shelf, &[]).about(key).expect("it was scanned");
    let after = tally::recount(before.clone(), &records, &mut finder.book.facts());
    let mut deltas = Deltas::default();
    deltas.replace(EVENT, &before.share, &after.share);
    for (_, figure, by) in deltas.iter() {
        *shelf.figures.0.entry(figure).or_default() += by;
    }
    assert!(finder.book.counts_as_now(&shelf.figures));
}
