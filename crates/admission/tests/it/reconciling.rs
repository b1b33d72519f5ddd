//! Properties of `reconcile` over random logs: forks, gaps, wrong clocks, undos
//! and withdrawals included.

use crate::fixtures::{self, Log, MINUTE, SIX, code, serial};
use gateline_admission::reconcile::{
    Cause, DeviceLog, TimedScan, assemble, read_log, reconcile_ticket,
};
use gateline_admission::{Facts, LoggedRecord, Report, Standing, TicketState, reconcile};
use gateline_common::Timestamp;
use gateline_common::catalog::ReEntry;
use gateline_common::decision::{Admission, Answer, Refusal};
use gateline_common::ids::{DeviceId, Epoch, Serial};
use gateline_common::sync::{QuarantineReason, RecordBody, TicketStatus};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone)]
enum Act {
    Admit {
        ticket: u8,
        epoch: u16,
    },
    Refuse {
        ticket: u8,
    },
    Undo,
    Withdraw,
    Receipt,
    /// The rest of the log goes on from here twice.
    Fork,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0..4u8, 0..2u16).prop_map(|(ticket, epoch)| Act::Admit { ticket, epoch }),
        2 => (0..4u8).prop_map(|ticket| Act::Refuse { ticket }),
        1 => Just(Act::Undo),
        1 => Just(Act::Withdraw),
        2 => Just(Act::Receipt),
        1 => Just(Act::Fork),
    ]
}

/// What a device does and by how many minutes its clock is off.
type Shift = (Vec<(Act, i64)>, i64);

fn shifts() -> impl Strategy<Value = Vec<Shift>> {
    let shift = (prop::collection::vec((act(), 0..30i64), 0..14), -90..90i64);
    prop::collection::vec(shift, 1..4)
}

fn written(number: u8, (acts, ahead): &Shift) -> Vec<LoggedRecord> {
    let mut log = Log::of(number);
    let mut branches = Vec::new();
    let mut now = SIX;
    for (act, minutes) in acts {
        now = now.plus_ms(minutes * MINUTE);
        let claimed = now.plus_ms(ahead * MINUTE);
        let last = log.records.len() as u64;
        match act {
            Act::Admit { ticket, epoch } => {
                let answer = Answer::Admit(Admission::Entry);
                log.push(claimed, fixtures::scan(&code(*ticket, *epoch), answer));
            }
            Act::Refuse { ticket } => {
                let answer = Answer::Refuse(Refusal::Blocked);
                log.push(claimed, fixtures::scan(&code(*ticket, 0), answer));
            }
            Act::Undo if last > 0 => {
                log.push(claimed, RecordBody::Undo { seq: last });
            }
            Act::Withdraw if last > 0 => {
                let answer = Answer::Refuse(Refusal::Superseded);
                log.push(claimed, RecordBody::Withdrawal { seq: last, answer });
            }
            Act::Receipt if last > 0 => {
                log.receipted(now);
            }
            Act::Fork => branches.push(log.clone()),
            Act::Undo | Act::Withdraw | Act::Receipt => {}
        }
    }
    let mut records = log.records;
    for (at, mut branch) in (1..).zip(branches) {
        branch.push(
            SIX.plus_ms(at),
            fixtures::scan(&code(0, 0), Answer::Admit(Admission::Entry)),
        );
        records.extend(branch.records);
    }
    records
}

fn facts() -> Facts {
    let mut facts = Facts::new(fixtures::rules(&fixtures::event()));
    let state = |minute: i64, epoch, status| TicketState {
        since: SIX.plus_ms(minute * MINUTE),
        epoch: Epoch(epoch),
        ticket_type: fixtures::DAY,
        status,
    };
    let begin = state(-1000, 0, TicketStatus::Valid);
    facts.tickets.insert(serial(0), vec![begin]);
    facts
        .tickets
        .insert(serial(1), vec![begin, state(60, 1, TicketStatus::Valid)]);
    facts
        .tickets
        .insert(serial(2), vec![begin, state(60, 0, TicketStatus::Refunded)]);
    facts
}

prop_compose! {
    /// Random records: some lost, some quarantined.
    fn records()(shifts in shifts())(
        lost in prop::collection::btree_set(0..60usize, 0..4),
        quarantined in prop::collection::btree_set(0..60usize, 0..4),
        shifts in Just(shifts),
    ) -> Vec<LoggedRecord> {
        let mut records: Vec<_> =
            (0u8..).zip(&shifts).flat_map(|(number, shift)| written(number, shift)).collect();
        for (at, record) in records.iter_mut().enumerate() {
            if quarantined.contains(&at) {
                record.standing = Standing::Quarantined(QuarantineReason::Revoked);
            }
        }
        let kept = records.into_iter().enumerate().filter(|(at, _)| !lost.contains(at));
        kept.map(|(_, record)| record).collect()
    }
}

fn bytes(report: &Report) -> String {
    serde_json::to_string(report).unwrap()
}

fn logs(facts: &Facts, records: &[LoggedRecord]) -> BTreeMap<DeviceId, DeviceLog> {
    let devices: BTreeSet<DeviceId> = records.iter().map(|record| record.device).collect();
    devices
        .into_iter()
        .map(|device| (device, read_log(facts, device, records)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn any_order_and_repetition_gives_the_same_bytes(
        (records, shuffled) in records().prop_flat_map(|records| {
            let twice = [records.clone(), records.clone()].concat();
            (Just(records), Just(twice).prop_shuffle())
        }),
    ) {
        let facts = facts();
        prop_assert_eq!(
            bytes(&reconcile(&facts, &records)),
            bytes(&reconcile(&facts, &shuffled)),
        );
    }

    #[test]
    fn the_order_of_the_facts_does_not_matter(records in records()) {
        let one = facts();
        let mut other = facts();
        for states in other.tickets.values_mut() {
            states.reverse();
        }
        prop_assert_eq!(
            bytes(&reconcile(&one, &records)), bytes(&reconcile(&other, &records)),
        );
    }

    #[test]
    fn recomputing_only_what_each_upload_touched_gives_the_same_bytes_as_the_whole(
        (records, arrival) in records().prop_flat_map(|records| {
            (Just(records.clone()), Just(records).prop_shuffle())
        }),
        batch in 1..9usize,
    ) {
        let facts = facts();
        let mut stored: Vec<LoggedRecord> = Vec::new();
        let mut held: BTreeMap<DeviceId, DeviceLog> = BTreeMap::new();
        let mut tickets = BTreeMap::new();
        for batch in arrival.chunks(batch) {
            stored.extend_from_slice(batch);
            let now = logs(&facts, &stored);
            let touched: BTreeSet<Serial> = now
                .values()
                .flat_map(|log| log.touched_since(held.get(&log.device)))
                .collect();
            for serial in touched {
                let scans: Vec<&TimedScan> = now
                    .values()
                    .flat_map(|log| &log.scans)
                    .filter(|scan| scan.serial == Some(serial))
                    .collect();
                tickets.insert(serial, reconcile_ticket(&facts, serial, scans));
            }
            held = now;
        }
        let logs: Vec<DeviceLog> = held.into_values().collect();
        let report = assemble(&facts, &logs, tickets.into_values().collect());
        prop_assert_eq!(bytes(&report), bytes(&reconcile(&facts, &records)));
    }

    #[test]
    fn every_admission_counts_or_is_a_conflict_with_its_record(records in records()) {
        let facts = facts();
        let report = reconcile(&facts, &records);
        for (serial, scans) in admissions(&facts, &records) {
            let ticket = report.tickets.iter().find(|ticket| ticket.serial == serial).unwrap();
            let counted = ticket.passages.iter().map(|passage| (passage.device, passage.seq));
            let others = ticket.conflicts.iter().map(|conflict| &conflict.other);
            let told: BTreeSet<_> =
                counted.chain(others.map(|other| (other.device, other.seq))).collect();
            prop_assert_eq!(told, scans);
        }
    }

    #[test]
    fn whoever_was_let_through_is_in_whatever_there_is_against_it(records in records()) {
        let facts = facts();
        let report = reconcile(&facts, &records);
        let let_through = admissions(&facts, &records);
        for ticket in &report.tickets {
            let passed: BTreeSet<_> =
                ticket.passages.iter().map(|passage| (passage.device, passage.seq)).collect();
            let expected = let_through.get(&ticket.serial).cloned().unwrap_or_default();
            prop_assert_eq!(passed, expected);
        }
        // Entries only: each of these tickets is inside, and once.
        let tickets = let_through.len() as u64;
        prop_assert_eq!(report.totals.tickets_admitted, tickets);
        prop_assert_eq!(report.totals.inside, tickets);
    }

    #[test]
    fn one_entry_is_in_order_where_one_is_allowed_and_it_is_the_first(records in records()) {
        let facts = facts();
        prop_assert_eq!(facts.rules.policy().re_entry, ReEntry::Never);
        for ticket in reconcile(&facts, &records).tickets {
            let against: BTreeSet<_> =
                ticket.conflicts.iter().map(|c| (c.other.device, c.other.seq)).collect();
            let passed = ticket.passages.iter().map(|passage| (passage.device, passage.seq));
            prop_assert!(passed.filter(|passed| !against.contains(passed)).count() <= 1);
            for conflict in &ticket.conflicts {
                if conflict.cause == Cause::SameCodeTwice {
                    let counted = conflict.counted.as_ref().unwrap();
                    prop_assert!(counted.at <= conflict.other.at);
                }
            }
        }
    }

    #[test]
    fn the_order_in_which_a_tickets_scans_are_given_does_not_matter(
        (records, order) in records().prop_flat_map(|records| {
            let order: Vec<usize> = (0..records.len() * 2).collect();
            (Just(records), Just(order).prop_shuffle())
        }),
    ) {
        let facts = facts();
        let logs = logs(&facts, &records);
        let scans: Vec<&TimedScan> = logs.values().flat_map(|log| &log.scans).collect();
        let shuffled = order.iter().filter_map(|at| scans.get(at / 2).copied());
        let shuffled: Vec<&TimedScan> = shuffled.collect();
        for number in 0..4 {
            prop_assert_eq!(
                reconcile_ticket(&facts, serial(number), scans.clone()),
                reconcile_ticket(&facts, serial(number), shuffled.clone()),
            );
        }
    }

    #[test]
    fn the_wildest_clock_breaks_nothing(times in prop::collection::vec(any::<i64>(), 1..6)) {
        let mut log = Log::of(0);
        for (at, receipted) in times.iter().zip([true, false].into_iter().cycle()) {
            let answer = Answer::Admit(Admission::Entry);
            log.push(Timestamp(*at), fixtures::scan(&code(0, 0), answer));
            if receipted {
                log.receipted(Timestamp(at.wrapping_mul(3)));
            }
        }
        let report = reconcile(&facts(), &log.records);
        prop_assert_eq!(report.totals.admitted, times.len() as u64);
    }

    #[test]
    fn times_keep_to_the_receipts_and_never_run_backwards(records in records()) {
        let facts = facts();
        for log in logs(&facts, &records).values() {
            let mut before = Timestamp(i64::MIN);
            for scan in &log.scans {
                prop_assert!(scan.not_after.is_none_or(|end| scan.at <= end));
                prop_assert!(scan.not_before.is_none_or(|begin| scan.at >= begin));
                if !scan.forked {
                    prop_assert!(scan.at >= before);
                    before = scan.at;
                }
            }
        }
    }
}

/// The admissions of each ticket that stand, read from the logs alone.
fn admissions(
    facts: &Facts,
    records: &[LoggedRecord],
) -> BTreeMap<Serial, BTreeSet<(DeviceId, u64)>> {
    let mut found: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for scan in logs(facts, records).values().flat_map(|log| &log.scans) {
        if scan.cancelled.is_none() && scan.scan.answer.is_admitted() {
            let serial = scan.serial.unwrap();
            found
                .entry(serial)
                .or_default()
                .insert((scan.device, scan.seq));
        }
    }
    found
}
