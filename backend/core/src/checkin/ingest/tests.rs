//! Uploads into books that are kept in memory: by example, and by property.

use super::*;
use crate::checkin::figures::{Figure, Figures};
use crate::checkin::ports::LogQuery;
use crate::checkin::test_venue::{CLOSING, EVENT, NORTH, SOUTH, TestGate, books, root_key};
use gateline_common::decision::Refusal;
use gateline_common::ids::Serial;
use gateline_common::sync::{QuarantineReason, RecordBody};
use proptest::prelude::*;

/// Everything that uploads have led to.
#[derive(Debug, Clone, Default, PartialEq)]
struct Shelf {
    heads: BTreeMap<DeviceId, LogHead>,
    records: BTreeMap<(DeviceId, u64, Hash), StoredRecord>,
    tickets: BTreeMap<TicketKey, TicketState>,
    figures: Figures,
}

impl Shelf {
    fn held(&self, device: DeviceId) -> impl Iterator<Item = &StoredRecord> {
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

    fn take(&mut self, gate: &TestGate, (first, last): (u64, u64), asked: &Asked) -> Vec<Outcome> {
        let (device, batch, events) = (gate.device(), gate.batch(first, last), books());
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
            now: CLOSING,
            asked,
        }
        .run();
        self.write(ingested.write);
        ingested.outcomes.iter().map(|told| told.outcome).collect()
    }

    fn write(&mut self, write: LogWrite) {
        if let Some((device, head)) = write.head {
            self.heads.insert(device, head);
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

    fn upload(&mut self, gate: &TestGate, first: u64, last: u64) -> Vec<Outcome> {
        self.take(gate, (first, last), &Asked::Nothing)
    }

    /// The server's red to the last record.
    fn refused(&mut self, gate: &TestGate, seq: u64) {
        let red = Asked::Answered(Answer::Refuse(Refusal::Blocked));
        self.take(gate, (seq, seq), &red);
    }

    fn passages(&self, serial: u64) -> usize {
        let key = TicketKey {
            event: EVENT,
            serial: Serial::truncate(serial),
        };
        self.tickets.get(&key).map_or(0, |t| t.passages.len())
    }

    fn waiting(&self) -> usize {
        self.records.values().filter(|r| r.pending).count()
    }
}

use Outcome::{Fork, Known, Quarantined, Stored};

#[test]
fn a_plain_upload_is_the_gates_word_about_what_the_server_refused() {
    let (mut shelf, mut gate) = (Shelf::default(), TestGate::new(1, NORTH));
    gate.admit(1);
    shelf.refused(&gate, 1);
    assert_eq!((shelf.waiting(), shelf.passages(1)), (1, 0));
    // The same question again is no word.
    shelf.take(&gate, (1, 1), &Asked::Open);
    assert_eq!((shelf.waiting(), shelf.passages(1)), (1, 0));
    assert_eq!(shelf.upload(&gate, 1, 1), [Known]);
    assert_eq!((shelf.waiting(), shelf.passages(1)), (0, 1));
}

#[test]
fn a_question_that_its_upload_overtook_leaves_the_gates_word_standing() {
    let (mut shelf, mut gate) = (Shelf::default(), TestGate::new(1, NORTH));
    gate.admit(1);
    shelf.upload(&gate, 1, 1);
    shelf.refused(&gate, 1);
    assert_eq!((shelf.waiting(), shelf.passages(1)), (0, 1));
    // Red in time all the same: the withdrawal says so.
    let answer = Answer::Refuse(Refusal::Blocked);
    gate.append(RecordBody::Withdrawal { seq: 1, answer });
    shelf.upload(&gate, 2, 2);
    assert_eq!((shelf.waiting(), shelf.passages(1)), (0, 0));
}

#[test]
fn both_branches_of_a_fork_count_and_none_is_set_aside() {
    let (mut shelf, mut gate) = (Shelf::default(), TestGate::new(1, NORTH));
    gate.admit(1);
    let mut copy = gate.clone();
    gate.admit(2);
    copy.admit(3);
    copy.admit(4);
    assert_eq!(shelf.upload(&gate, 1, 2), [Stored, Stored]);
    assert_eq!(shelf.upload(&copy, 1, 3), [Known, Fork, Stored]);
    assert_eq!(shelf.figures.get(Figure::Entered), 4);
    assert!(shelf.records.values().all(StoredRecord::is_counted));
}

#[test]
fn an_undo_in_one_branch_of_a_fork_leaves_the_other_alone() {
    let (mut shelf, mut gate) = (Shelf::default(), TestGate::new(1, NORTH));
    gate.refuse(9);
    let mut copy = gate.clone();
    gate.admit(1);
    copy.admit(2);
    copy.append(RecordBody::Undo { seq: 2 });
    // The undo comes while only the other branch is here.
    shelf.upload(&gate, 1, 2);
    let broken = Quarantined(QuarantineReason::BrokenChain);
    assert_eq!(shelf.upload(&copy, 3, 3), [broken]);
    assert_eq!(shelf.passages(1), 1);
    shelf.upload(&copy, 2, 2);
    assert_eq!((shelf.passages(1), shelf.passages(2)), (1, 0));
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
type Piece = (usize, u64, u64);

prop_compose! {
    /// Logs, and pieces that hold each record at least once, in some order.
    fn story()(
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

proptest! {
    #[test]
    fn any_order_split_and_repetition_of_uploads_gives_the_same_books((logs, pieces) in story()) {
        let mut in_order = Shelf::default();
        for log in logs.iter().filter(|log| !log.log.is_empty()) {
            in_order.upload(log, 1, log.log.len() as u64);
        }
        let mut mixed = Shelf::default();
        for (index, first, size) in pieces {
            let Some(log) = logs.get(index) else { continue };
            let len = log.log.len() as u64;
            if first < len {
                mixed.upload(log, first + 1, (first + size).min(len));
            }
        }
        let heads = |shelf: &Shelf| shelf.heads.values().map(|h| (h.unbroken, h.highest, h.last_scan)).collect::<Vec<_>>();
        prop_assert_eq!(heads(&mixed), heads(&in_order));
        prop_assert_eq!(&mixed.records, &in_order.records);
        prop_assert_eq!(&mixed.tickets, &in_order.tickets);
        prop_assert_eq!(&mixed.figures, &in_order.figures);
    }
}
