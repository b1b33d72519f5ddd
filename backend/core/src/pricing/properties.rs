//! What holds of every price by demand, whatever is ordered and whenever it is
//! looked at.

use super::{
    Current, DemandPolicy, Entry, Market, Memory, Move, Point, Policy, Run, Target, Trial, play,
    price,
};
use gateline_common::pricing::PriceReason;
use gateline_common::{Currency, Money, Timestamp};
use proptest::prelude::*;

const MINUTE_MS: i64 = 60_000;

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn policy() -> impl Strategy<Value = DemandPolicy> {
    let target = prop_oneof![
        (1..=100u32).prop_map(Target::SellThroughPercent),
        (1..500u32).prop_map(Target::TicketsPerWindow),
    ];
    let amounts = (0..5_000i64, 1..5_000i64, 1..5_000i64);
    (amounts, 1..240u32, target, 0..=100u32).prop_map(
        |((floor, span, step), window_minutes, target, tolerance_percent)| DemandPolicy {
            floor: euro(floor),
            ceiling: euro(floor + span),
            step: euro(step.min(span)),
            window_minutes,
            target,
            tolerance_percent,
        },
    )
}

/// Minutes from one look to the next, and what is ordered or comes back
/// meanwhile.
fn looks() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((-5..400i64, -60..80i64), 1..120)
}

fn market(limit: u32, ordered: u32, ends: i64, now: Timestamp) -> Market {
    Market {
        list: euro(3_000),
        limit,
        ordered,
        is_open: now.0 < ends,
        opens: None,
        ends: Timestamp(ends),
    }
}

/// Every change of a price that is looked at so: when, from, to, why.
fn changes(
    policy: &DemandPolicy,
    limit: u32,
    ends: i64,
    looks: &[(i64, i64)],
) -> Vec<(Timestamp, i64, i64, PriceReason)> {
    let all = Policy::Demand(policy.clone());
    let mut now = Timestamp(0);
    let mut ordered = 0;
    let mut current = Current {
        price: euro(3_000),
        memory: Memory::default(),
    };
    let mut changes = Vec::new();
    for (minutes, more) in looks {
        now = now.plus_ms(minutes * MINUTE_MS);
        ordered = (ordered + more).clamp(0, i64::from(limit));
        let seen = market(limit, u32::try_from(ordered).unwrap(), ends, now);
        let decision = price(Some(&all), &seen, &current, now);
        let bounds = policy.floor.minor..=policy.ceiling.minor;
        assert!(bounds.contains(&decision.price.minor), "{decision:?}");
        assert!(!decision.is_list);
        assert!(decision.look_at.is_none_or(|at| at > now), "{decision:?}");
        if decision.price != current.price {
            let reason = decision.reason.expect("a change has a reason");
            changes.push((now, current.price.minor, decision.price.minor, reason));
        }
        // The same question gets the same answer, which stands.
        assert_eq!(decision, price(Some(&all), &seen, &current, now));
        current = Current {
            price: decision.price,
            memory: decision.memory,
        };
        assert_eq!(
            price(Some(&all), &seen, &current, now).price,
            decision.price
        );
    }
    changes
}

proptest! {
    #[test]
    fn a_price_by_demand_moves_by_one_step_once_in_a_window_within_floor_and_ceiling(
        policy in policy(), limit in 0..5_000u32, days in 1..40i64, looks in looks(),
    ) {
        let length = i64::from(policy.window_minutes) * MINUTE_MS;
        let mut before: Option<Timestamp> = None;
        for (at, from, to, reason) in changes(&policy, limit, days * 86_400_000, &looks) {
            if reason == PriceReason::DemandBegins {
                prop_assert_eq!(before, None, "it begins once");
                prop_assert!(!(policy.floor.minor..=policy.ceiling.minor).contains(&from));
                continue;
            }
            let PriceReason::Demand { from: begun, until, .. } = reason else {
                panic!("{reason:?}");
            };
            prop_assert!((to - from).abs() <= policy.step.minor);
            prop_assert!(until.since_ms(begun) >= length);
            prop_assert!(until <= at);
            if let Some(before) = before {
                prop_assert!(begun >= before, "one change in a window");
            }
            before = Some(until);
        }
    }

    #[test]
    fn a_price_that_turns_waits_for_two_windows_that_say_so(
        policy in policy(), limit in 0..5_000u32, days in 1..40i64, looks in looks(),
    ) {
        let length = i64::from(policy.window_minutes) * MINUTE_MS;
        let changes = changes(&policy, limit, days * 86_400_000, &looks);
        let ruled: Vec<_> = changes
            .iter()
            .filter_map(|(_, from, to, reason)| match reason {
                PriceReason::Demand { until, .. } => Some((*until, to > from)),
                _ => None,
            })
            .collect();
        for pair in ruled.windows(2) {
            let ((first, up), (second, then_up)) = (pair[0], pair[1]);
            if up != then_up {
                prop_assert!(second.since_ms(first) >= 2 * length, "{pair:?}");
            }
        }
    }

    #[test]
    fn demand_within_the_tolerance_never_moves_the_price(
        per_window in 20..200u32, tolerance in 10..50u32,
        noise in prop::collection::vec(-1.0..1.0f64, 1..100),
    ) {
        let policy = DemandPolicy {
            floor: euro(1_000),
            ceiling: euro(9_000),
            step: euro(100),
            window_minutes: 30,
            target: Target::TicketsPerWindow(per_window),
            tolerance_percent: tolerance,
        };
        let widest = f64::from(per_window * tolerance) / 100.0 - 1.0;
        let looks: Vec<_> = [(0, 0)]
            .into_iter()
            .chain(noise.iter().map(|share| {
                (30, i64::from(per_window) + (share * widest) as i64)
            }))
            .collect();
        prop_assert_eq!(changes(&policy, 1_000_000, i64::MAX, &looks), vec![]);
    }

    #[test]
    fn more_demand_never_makes_a_lower_price(
        policy in policy(), limit in 1..5_000u32, begun in 0..2_000u32,
        few in 0..500u32, more in 0..500u32, moved in 0..3usize, is_turning: bool,
    ) {
        let length = i64::from(policy.window_minutes) * MINUTE_MS;
        let all = Policy::Demand(policy.clone());
        let moved = [None, Some(Move::Up), Some(Move::Down)][moved];
        let current = Current {
            price: euro(policy.floor.minor),
            memory: Memory {
                window: Some(super::Window { from: Timestamp(0), ordered: begun, moved, is_turning }),
                reached: 0,
            },
        };
        let now = Timestamp(length);
        let with = |ordered| {
            let seen = market(limit, begun + ordered, length * 9, now);
            price(Some(&all), &seen, &current, now).price.minor
        };
        prop_assert!(with(few) <= with(few + more));
    }
}

fn even(per_window: u32) -> Policy {
    Policy::Demand(DemandPolicy {
        floor: euro(2_000),
        ceiling: euro(4_000),
        step: euro(200),
        window_minutes: 60,
        target: Target::TicketsPerWindow(per_window),
        tolerance_percent: 20,
    })
}

fn trial(policy: Policy) -> Trial {
    Trial {
        list: euro(3_000),
        limit: 400,
        minutes: 24 * 60,
        policy,
    }
}

fn prices(run: &Run) -> Vec<i64> {
    run.changes.iter().map(|entry| entry.after.minor).collect()
}

#[test]
fn a_sale_that_goes_too_fast_climbs_to_the_ceiling_and_one_that_stands_still_sinks_to_the_floor() {
    let fast = play(&trial(even(10)), |_, _| 1).unwrap();
    assert_eq!(prices(&fast), [3_200, 3_400, 3_600, 3_800, 4_000]);
    assert_eq!(fast.points.last().map(|point| point.sold), Some(400));
    let slow = play(&trial(even(10)), |_, _| 0).unwrap();
    assert_eq!(prices(&slow), [2_800, 2_600, 2_400, 2_200, 2_000]);
    let is_hourly = |pair: &[Entry]| pair[1].at.since_ms(pair[0].at) == 60 * MINUTE_MS;
    assert!(slow.changes.windows(2).all(is_hourly));
    let just_right = play(&trial(even(60)), |_, _| 1).unwrap();
    assert_eq!(prices(&just_right), Vec::<i64>::new());
}

#[test]
fn a_price_stays_when_there_is_nothing_left_to_sell() {
    let burst = |at: Timestamp, _| if at.0 < 100 * MINUTE_MS { 4 } else { 0 };
    let run = play(&trial(even(100)), burst).unwrap();
    assert_eq!(prices(&run), [3_200, 3_400]);
    let Point { price, sold, .. } = *run.points.last().unwrap();
    assert_eq!((price.minor, sold), (3_400, 400));
}

#[test]
fn what_is_missing_of_a_share_is_spread_over_the_windows_that_are_left() {
    let Policy::Demand(mut policy) = even(1) else {
        panic!("a policy of demand");
    };
    policy.target = Target::SellThroughPercent(90);
    let run = play(&trial(Policy::Demand(policy)), |_, _| 0).unwrap();
    let PriceReason::Demand {
        expected_hundredths,
        ordered,
        ..
    } = run.changes[0].reason
    else {
        panic!("{:?}", run.changes[0]);
    };
    // 360 of 400 in 24 hours.
    assert_eq!((ordered, expected_hundredths), (0, 1_500));
    let PriceReason::Demand {
        expected_hundredths,
        ..
    } = run.changes[1].reason
    else {
        panic!("{:?}", run.changes[1]);
    };
    assert_eq!(expected_hundredths, 36_000 / 23);
}
