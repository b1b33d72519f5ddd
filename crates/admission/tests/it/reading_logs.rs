//! What a device's chain shows, by example.

use crate::fixtures::{self, Log, MINUTE, SIX, code, device, serial};
use gateline_admission::reconcile::{Cause, Gap, Tampering, read_log};
use gateline_admission::{Facts, LoggedRecord, TicketState, reconcile};
use gateline_common::decision::{Admission, Answer};
use gateline_common::ids::Epoch;
use gateline_common::sync::{Receipt, RecordBody, TicketStatus};
use gateline_common::{Hash, Timestamp};

const GREEN: Answer = Answer::Admit(Admission::Entry);

fn at(minute: i64) -> Timestamp {
    SIX.plus_ms(minute * MINUTE)
}

fn facts() -> Facts {
    let mut facts = Facts::new(fixtures::rules(&fixtures::event()));
    for number in 0..4 {
        let state = TicketState {
            since: Timestamp(0),
            epoch: Epoch(0),
            ticket_type: fixtures::DAY,
            status: TicketStatus::Valid,
        };
        facts.tickets.insert(serial(number), vec![state]);
    }
    facts
}

fn four_scans() -> Log {
    let mut log = Log::of(0);
    for number in 0..4 {
        log.push(
            at(i64::from(number)),
            fixtures::scan(&code(number, 0), GREEN.clone()),
        );
    }
    log
}

#[test]
fn a_missing_run_is_a_gap_and_what_is_behind_it_counts() {
    let mut log = four_scans();
    log.records.drain(1..3);
    let report = reconcile(&facts(), &log.records);
    assert_eq!(report.devices[0].trace.gaps, [Gap { from: 2, to: 3 }]);
    assert_eq!(report.devices[0].trace.tampering, []);
    assert_eq!(report.totals.admitted, 2);
}

#[test]
fn a_record_in_the_place_of_another_breaks_the_chain_behind_it() {
    let mut log = four_scans();
    let mut other = Log::of(0);
    other.records.push(log.records[0].clone());
    other.push(at(50), fixtures::scan(&code(3, 0), GREEN.clone()));
    log.records[1] = other.records[1].clone();
    let trace = &reconcile(&facts(), &log.records).devices[0].trace;
    let (seq, hash) = (3, log.records[2].hash);
    assert_eq!(trace.tampering, [Tampering::BrokenLink { seq, hash }]);
}

#[test]
fn a_receipt_for_a_record_that_is_another_now_shows_tampering() {
    let log = four_scans();
    let mut facts = facts();
    let receipt = Receipt {
        device: device(0),
        seq: 2,
        hash: Hash::ZERO,
        at: at(9),
    };
    facts.receipts.push(receipt);
    let trace = &reconcile(&facts, &log.records).devices[0].trace;
    assert_eq!(
        trace.tampering,
        [Tampering::NotAsReceipted {
            seq: 2,
            hash: Hash::ZERO
        }]
    );
}

#[test]
fn an_unreadable_record_is_quarantined_and_leaves_the_chain_checkable() {
    let mut log = Log::of(0);
    log.push(at(0), fixtures::scan(&code(0, 0), GREEN.clone()));
    let unreadable = LoggedRecord::read(device(0), 2, &[99, 1, 2, 3]);
    log.records.push(unreadable.clone());
    log.push(at(1), fixtures::scan(&code(1, 0), GREEN.clone()));
    let report = reconcile(&facts(), &log.records);
    let trace = &report.devices[0].trace;
    assert_eq!(trace.quarantined[0].hash, unreadable.hash);
    assert_eq!((&trace.gaps[..], &trace.tampering[..]), (&[][..], &[][..]));
    assert_eq!(report.totals.admitted, 2);
}

#[test]
fn a_record_that_another_device_claims_is_quarantined() {
    let log = four_scans();
    let bytes = log.records[0].record.as_ref().unwrap().to_bytes().unwrap();
    let stolen = LoggedRecord::read(device(7), 1, &bytes);
    let report = reconcile(&facts(), &[stolen]);
    assert_eq!(report.devices[0].trace.quarantined.len(), 1);
    assert_eq!(report.totals.admitted, 0);
}

#[test]
fn a_receipt_bounds_what_is_before_it_from_above_and_what_follows_from_below() {
    let mut log = Log::of(0);
    log.push(at(500), fixtures::scan(&code(0, 0), GREEN.clone()));
    log.receipted(at(10));
    log.push(at(-500), fixtures::scan(&code(1, 0), GREEN.clone()));
    let scans = read_log(&facts(), device(0), &log.records).scans;
    assert_eq!(
        (scans[0].not_before, scans[0].not_after),
        (None, Some(at(10)))
    );
    assert_eq!(
        (scans[1].not_before, scans[1].not_after),
        (Some(at(10)), None)
    );
    assert_eq!((scans[0].at, scans[1].at), (at(10), at(10)));
    let trace = read_log(&facts(), device(0), &log.records).trace;
    assert_eq!(trace.clock_corrections, 2);
    assert_eq!(trace.worst_clock_error_ms, 510 * MINUTE);
}

#[test]
fn receipts_that_lie_between_two_scans_prove_which_came_first() {
    let mut one = Log::of(0);
    one.push(at(0), fixtures::scan(&code(0, 0), GREEN.clone()));
    one.receipted(at(5));
    let mut other = Log::of(1);
    other.push(at(1), fixtures::scan(&code(1, 0), GREEN.clone()));
    other.receipted(at(6));
    other.push(at(7), fixtures::scan(&code(0, 0), GREEN.clone()));
    let provable = |logs: &[&Log]| {
        let records: Vec<_> = logs.iter().flat_map(|log| log.records.clone()).collect();
        let report = reconcile(&facts(), &records);
        let conflict = report.tickets[0].conflicts[0].clone();
        assert_eq!(conflict.cause, Cause::SameCodeTwice);
        assert_eq!(conflict.counted.unwrap().device, device(0));
        assert_eq!(conflict.other.device, device(1));
        conflict.order_provable
    };
    assert!(provable(&[&one, &other]));

    let mut offline = Log::of(1);
    offline.push(at(7), fixtures::scan(&code(0, 0), GREEN.clone()));
    assert!(!provable(&[&one, &offline]));
}

#[test]
fn an_undo_frees_the_ticket_from_its_moment_on_and_not_before() {
    let mut one = Log::of(0);
    let seq = one.push(at(0), fixtures::scan(&code(0, 0), GREEN.clone()));
    one.push(at(10), RecordBody::Undo { seq });
    let mut other = Log::of(1);
    other.push(at(20), fixtures::scan(&code(0, 0), GREEN.clone()));
    let records = [one.records.clone(), other.records].concat();
    let report = reconcile(&facts(), &records);
    assert_eq!(report.tickets[0].conflicts, []);
    assert_eq!(
        report.tickets[0].admission.as_ref().unwrap().device,
        device(1)
    );

    let mut early = Log::of(1);
    early.push(at(5), fixtures::scan(&code(0, 0), GREEN.clone()));
    let report = reconcile(&facts(), &[one.records, early.records].concat());
    assert_eq!(report.tickets[0].conflicts.len(), 1);
}
