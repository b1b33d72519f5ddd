//! A store in memory that uploads lead to, and stories of uploads, for the tests
//! of the pure functions of check-in.

use super::figures::Figures;
use super::ingest::{Asked, Ingest};
use super::log::{LogHead, StoredBatch, StoredRecord};
use super::ports::{LogQuery, LogView, LogWrite};
use super::test_venue::{CLOSING, EVENT, NORTH, SOUTH, TestGate, books, root_key};
use super::ticket::{TicketKey, TicketState};
use gateline_common::decision::{Answer, Refusal};
use gateline_common::ids::{DeviceId, Serial};
use gateline_common::sync::{Outcome, RecordBody};
use gateline_common::{Hash, Signature, Timestamp};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Everything that uploads have led to.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Shelf {
    pub(super) heads: BTreeMap<DeviceId, LogHead>,
    pub(super) records: BTreeMap<(DeviceId, u64, Hash), StoredRecord>,
    pub(super) tickets: BTreeMap<TicketKey, TicketState>,
    pub(super) figures: Figures,
    pub(super) batches: Vec<StoredBatch>,
    /// How many people the event may hold.
    pub(super) capacity: Option<u32>,
    /// How long before the closing it is.
    pub(super) before_closing_ms: i64,
}

impl Shelf {
    fn now(&self) -> Timestamp {
        CLOSING.plus_ms(-self.before_closing_ms)
    }

    pub(super) fn held(&self, device: DeviceId) -> impl Iterator<Item = &StoredRecord> {
        self.records.values().filter(move |r| r.device == device)
    }

    /// What a store promises to answer.
    fn view(&self, query: &LogQuery) -> LogView {
        let of_device = || self.held(query.device);
        let below = of_device().map(|r| r.seq).filter(|seq| *seq < query.first);
        let first = below.max().unwrap_or(query.first);
        let batch = query.first..=query.last;
        let near = |record: &&StoredRecord| {
            (first..=query.last + 1).contains(&record.seq)
                || record.pending
                || query.targets.contains(&record.seq)
                || record.target.is_some_and(|target| batch.contains(&target))
        };
        let held: Vec<StoredRecord> = of_device().filter(near).cloned().collect();
        let mut keys: BTreeSet<TicketKey> = query.tickets.iter().copied().collect();
        keys.extend(held.iter().filter_map(|record| record.ticket));
        let about = |key: &TicketKey| {
            let ticket = self.tickets.get(key)?.clone();
            let records = self.records.values().filter(|r| r.ticket == Some(*key));
            Some((ticket, records.cloned().collect()))
        };
        let mut following: Vec<(u64, bool)> = Vec::new();
        for record in of_device().filter(|r| r.seq > query.last && r.is_signed()) {
            let last = following.last().map_or(query.last, |(seq, _)| *seq);
            if record.seq == last + 1 {
                following.push((record.seq, record.is_scan()));
            } else if let Some((_, scan)) = following.last_mut().filter(|_| record.seq == last) {
                // A fork: one scan of them is enough.
                *scan |= record.is_scan();
            }
        }
        LogView {
            head: self.heads.get(&query.device).copied().unwrap_or_default(),
            held,
            following,
            tickets: keys.iter().filter_map(about).collect(),
        }
    }

    pub(super) fn take(
        &mut self,
        gate: &TestGate,
        (first, last): (u64, u64),
        asked: &Asked,
    ) -> Vec<Outcome> {
        let (device, batch, events) =
            (gate.device(), gate.batch(first, last), books(self.capacity));
        let view = self.view(&LogQuery {
            device: device.device,
            first,
            last,
            targets: batch.targets(),
            tickets: batch.tickets(),
        });
        let ingested = Ingest {
            device: &device,
            root_key: &root_key().public_key(),
            events: &events,
            batch: &batch,
            view: &view,
            now: self.now(),
            asked,
        }
        .run();
        if let Some(last) = ingested.outcomes.last() {
            self.batches.push(StoredBatch {
                device: device.device,
                first_seq: first,
                last_seq: last.seq,
                last_hash: last.hash,
                signature: batch.signature,
                received_at: self.now(),
                receipt: Signature([0; 64]),
            });
        }
        self.write(ingested.write);
        ingested.outcomes.iter().map(|told| told.outcome).collect()
    }

    fn write(&mut self, write: LogWrite) {
        if let Some((device, head)) = write.head {
            let version = head.version + 1;
            self.heads.insert(device, LogHead { version, ..head });
        }
        for record in write.records {
            let key = (record.device, record.seq, record.hash);
            self.records.insert(key, record);
        }
        for change in write.amended {
            let key = (change.device, change.seq, change.hash);
            let record = self.records.get_mut(&key).expect("it is held");
            record.quarantine = change.quarantine;
            record.ticket = change.ticket;
            record.pending = change.pending;
            record.confirmed = change.confirmed;
        }
        for change in write.tickets {
            self.tickets.insert(change.ticket.key, change.ticket);
        }
        for (_, figure, by) in write.deltas.iter() {
            *self.figures.0.entry(figure).or_default() += by;
        }
        self.figures.0.retain(|_, value| *value != 0);
    }

    pub(super) fn upload(&mut self, gate: &TestGate, first: u64, last: u64) -> Vec<Outcome> {
        self.take(gate, (first, last), &Asked::Nothing)
    }

    /// The server's red to the last record.
    pub(super) fn refused(&mut self, gate: &TestGate, seq: u64) {
        let red = Asked::Answered(Answer::Refuse(Refusal::Blocked));
        self.take(gate, (seq, seq), &red);
    }

    pub(super) fn passages(&self, serial: u64) -> usize {
        let key = TicketKey {
            event: EVENT,
            serial: Serial::truncate(serial),
        };
        self.tickets.get(&key).map_or(0, |t| t.passages.len())
    }

    pub(super) fn waiting(&self) -> usize {
        self.records.values().filter(|r| r.pending).count()
    }
}

#[derive(Debug, Clone, Copy)]
enum Act {
    Admit(u64),
    Refuse(u64),
    Undo,
    Withdraw,
    /// The store is copied, and both copies go on.
    Copy,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (1..4u64).prop_map(Act::Admit),
        2 => (1..4u64).prop_map(Act::Refuse),
        1 => Just(Act::Undo),
        1 => Just(Act::Withdraw),
        1 => Just(Act::Copy),
    ]
}

/// The device's log after all acts, and its copies with an entry of their own.
fn played(number: u8, acts: &[Act]) -> Vec<TestGate> {
    let gate = if number == 1 { NORTH } else { SOUTH };
    let mut logs = vec![TestGate::new(number, gate)];
    for act in acts {
        let gate = &mut logs[0];
        let seq = gate.log.len() as u64;
        match act {
            Act::Admit(serial) => gate.admit(*serial),
            Act::Refuse(serial) => gate.refuse(*serial),
            Act::Undo if seq > 0 => gate.append(RecordBody::Undo { seq }),
            Act::Withdraw if seq > 0 => gate.append(RecordBody::Withdrawal {
                seq,
                answer: Answer::Refuse(Refusal::Blocked),
            }),
            Act::Copy if logs.len() < 3 => {
                let mut copy = logs[0].clone();
                copy.admit(4);
                logs.push(copy);
                0
            }
            Act::Undo | Act::Withdraw | Act::Copy => 0,
        };
    }
    logs
}

/// An upload: of which log, from which record, how many.
pub(super) type Piece = (usize, u64, u64);

prop_compose! {
    /// Logs, and pieces that hold each record at least once, in some order.
    pub(super) fn story()(
        acts in prop::collection::vec(prop::collection::vec(act(), 1..9), 1..3),
        size in 1..4u64,
        again in prop::collection::vec((0..6usize, 0..9u64, 1..4u64), 0..8),
    )(
        pieces in {
            let logs: Vec<TestGate> = (1..).zip(&acts).flat_map(|(n, acts)| played(n, acts)).collect();
            let mut pieces: Vec<Piece> = again;
            for (index, log) in logs.iter().enumerate() {
                let all = 0..log.log.len() as u64;
                pieces.extend(all.step_by(usize::try_from(size).unwrap_or(1)).map(|first| (index, first, size)));
            }
            Just(pieces).prop_shuffle()
        },
        acts in Just(acts),
    ) -> (Vec<TestGate>, Vec<Piece>) {
        let logs = (1..).zip(&acts).flat_map(|(n, acts)| played(n, acts)).collect();
        (logs, pieces)
    }
}
