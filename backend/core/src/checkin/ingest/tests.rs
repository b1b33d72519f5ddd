//! Uploads into books that are kept in memory, by example and by property.

use super::*;
use crate::checkin::figures::Figure;
use crate::checkin::test_shelf::{Shelf, story};
use crate::checkin::test_venue::{ADULT, EVENT, NORTH, OPENING, TestGate, forged};
use crate::checkin::ticket::TicketChange;
use gateline_common::decision::Refusal;
use gateline_common::ids::{Epoch, Serial};
use gateline_common::sync::{QuarantineReason, RecordBody, TicketStatus};
use proptest::prelude::*;

fn key(serial: u64) -> TicketKey {
    TicketKey {
        event: EVENT,
        serial: Serial::truncate(serial),
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

#[test]
fn a_code_is_the_tickets_as_it_was_issued_or_by_its_signature() {
    let mut gate = TestGate::new(1, NORTH);
    gate.admit(1);
    // By no key of the event, and the code of a ticket all the same.
    gate.scan_code(forged(2));
    gate.scan_code(forged(3));
    let mut shelf = Shelf::default();
    let mut known = TicketState::unknown(key(2));
    known.history.push(TicketChange {
        version: 1,
        state: gateline_admission::TicketState {
            since: OPENING,
            epoch: Epoch(0),
            ticket_type: ADULT,
            status: TicketStatus::Valid,
        },
        code_hash: Some(forged(2).ticket_hash()),
    });
    shelf.tickets.insert(known.key, known);
    shelf.upload(&gate, 1, 3);
    let about: Vec<_> = shelf.records.values().map(|record| record.ticket).collect();
    assert_eq!(about, [Some(key(1)), Some(key(2)), None]);
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
