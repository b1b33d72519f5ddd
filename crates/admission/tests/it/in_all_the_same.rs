//! Guests whom a gate let in that did not know better: each is a conflict, and
//! each is in.

use crate::fixtures::{self, DAY, Log, MINUTE, SIX, code, rules, serial};
use gateline_admission::reconcile::Cause;
use gateline_admission::{Facts, Report, TicketState, reconcile};
use gateline_common::Timestamp;
use gateline_common::decision::{Admission, Answer, Direction};
use gateline_common::ids::Epoch;
use gateline_common::sync::{RecordBody, TicketStatus};

/// Ticket 0, in this state for hours.
fn facts(epoch: u16, status: TicketStatus) -> Facts {
    let mut facts = Facts::new(rules(&fixtures::event()));
    let state = TicketState {
        since: SIX.plus_ms(-300 * MINUTE),
        epoch: Epoch(epoch),
        ticket_type: DAY,
        status,
    };
    facts.tickets.insert(serial(0), vec![state]);
    facts
}

fn pass(log: &mut Log, minute: i64, admission: Admission) {
    let RecordBody::Scan(mut scan) = fixtures::scan(&code(0, 0), Answer::Admit(admission)) else {
        panic!("a scan");
    };
    if admission == Admission::Exit {
        scan.direction = Direction::Exit;
    }
    let at: Timestamp = SIX.plus_ms(minute * MINUTE);
    log.push(at, RecordBody::Scan(scan));
}

fn causes(report: &Report) -> Vec<Cause> {
    let conflicts = report.tickets.iter().flat_map(|ticket| &ticket.conflicts);
    conflicts.map(|conflict| conflict.cause).collect()
}

#[test]
fn a_guest_with_a_ticket_that_did_not_stand_is_in_and_may_leave() {
    let never = Facts::new(rules(&fixtures::event()));
    for (facts, cause) in [
        (facts(0, TicketStatus::Cancelled), Cause::Revoked),
        (facts(0, TicketStatus::Blocked), Cause::Revoked),
        (facts(0, TicketStatus::Refunded), Cause::Revoked),
        (facts(1, TicketStatus::Valid), Cause::OldOwner),
        (never, Cause::NeverIssued),
    ] {
        let mut log = Log::of(0);
        pass(&mut log, 0, Admission::Entry);
        let report = reconcile(&facts, &log.records);
        assert_eq!(causes(&report), [cause]);
        assert_eq!(report.tickets[0].admission, None);
        let totals = &report.totals;
        assert_eq!((totals.tickets_admitted, totals.inside), (1, 1));
        pass(&mut log, 60, Admission::Exit);
        let report = reconcile(&facts, &log.records);
        assert_eq!(causes(&report), [cause], "no second conflict");
        let totals = &report.totals;
        assert_eq!((totals.tickets_admitted, totals.inside), (1, 0));
    }
}

#[test]
fn an_exit_of_whom_no_gate_let_in_is_still_a_conflict() {
    let mut log = Log::of(0);
    pass(&mut log, 0, Admission::Exit);
    let report = reconcile(&facts(0, TicketStatus::Valid), &log.records);
    assert_eq!(causes(&report), [Cause::ExitWithoutEntry]);
    assert_eq!(report.totals.tickets_admitted, 0);
}

#[test]
fn an_old_owner_who_is_in_does_not_take_the_new_owners_place() {
    let facts = facts(1, TicketStatus::Valid);
    let (mut old, mut new) = (Log::of(0), Log::of(1));
    pass(&mut old, 0, Admission::Entry);
    let entry = Answer::Admit(Admission::Entry);
    new.push(SIX.plus_ms(MINUTE), fixtures::scan(&code(0, 1), entry));
    let records = [old.records, new.records].concat();
    let report = reconcile(&facts, &records);
    assert_eq!(causes(&report), [Cause::OldOwner]);
    let ticket = &report.tickets[0];
    assert_eq!(ticket.admission.as_ref().unwrap().device, new.device);
    assert_eq!(ticket.passages.len(), 2);
    let totals = &report.totals;
    assert_eq!((totals.tickets_admitted, totals.inside), (1, 1));
}
