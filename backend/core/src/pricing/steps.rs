//! Steps by date and by count. Before the first one the list price holds.

use super::{CountStep, Current, DateStep, Decision, Market, Memory};
use gateline_common::Timestamp;
use gateline_common::pricing::PriceReason;

/// The price of the last date that is reached.
pub(super) fn by_date(steps: &[DateStep], market: &Market, now: Timestamp) -> Decision {
    let reached = steps.iter().rev().find(|step| step.from <= now);
    let next = steps.iter().find(|step| step.from > now);
    let decision = match reached {
        None => Decision::list(market, PriceReason::ListPrice),
        Some(step) => Decision {
            price: step.price,
            is_list: false,
            reason: Some(PriceReason::DateStep { from: step.from }),
            memory: Memory::default(),
            look_at: None,
        },
    };
    Decision {
        look_at: next.map(|step| step.from),
        ..decision
    }
}

/// The price of the highest count that is reached. One that was reached is left
/// only when the count falls clearly below it, so that a few unpaid orders that
/// come and go at the edge do not move the price to and fro.
pub(super) fn by_count(steps: &[CountStep], market: &Market, current: &Current) -> Decision {
    let ordered = market.ordered;
    let held_on = |step: &CountStep| {
        step.from <= current.memory.reached && ordered.saturating_add(slack(step.from)) >= step.from
    };
    let is_reached = |step: &&CountStep| step.from <= ordered || held_on(step);
    match steps.iter().rev().find(is_reached) {
        None => Decision::list(market, PriceReason::ListPrice),
        Some(step) => Decision {
            price: step.price,
            is_list: false,
            reason: Some(PriceReason::CountStep {
                from: step.from,
                ordered,
            }),
            memory: Memory {
                reached: step.from,
                ..Memory::default()
            },
            look_at: None,
        },
    }
}

/// How far a count falls below a step before the step is left: a twentieth of
/// it, and at least one ticket.
const fn slack(from: u32) -> u32 {
    let share = from / 20;
    if share == 0 { 1 } else { share }
}

#[cfg(test)]
mod tests {
    use super::super::{Policy, price};
    use super::*;
    use gateline_common::{Currency, Money};

    fn euro(minor: i64) -> Money {
        Money::new(minor, Currency::EUR)
    }

    fn market(ordered: u32) -> Market {
        Market {
            list: euro(2_000),
            limit: 1_000,
            ordered,
            is_open: true,
            opens: None,
            ends: Timestamp(i64::MAX),
        }
    }

    #[test]
    fn a_date_changes_the_price_at_its_moment_and_says_when_the_next_one_is() {
        let step = |from, minor| DateStep {
            from: Timestamp(from),
            price: euro(minor),
        };
        let steps = [step(100, 2_500), step(200, 3_000)];
        let at = |now| by_date(&steps, &market(0), Timestamp(now));
        assert_eq!((at(99).price, at(99).is_list), (euro(2_000), true));
        assert_eq!(at(99).look_at, Some(Timestamp(100)));
        assert_eq!((at(100).price, at(100).is_list), (euro(2_500), false));
        assert_eq!(
            (at(999).price, at(999).look_at),
            (euro(3_000), None),
            "the last one stays"
        );
    }

    #[test]
    fn a_count_at_the_edge_of_a_step_does_not_move_the_price_to_and_fro() {
        let steps = vec![
            CountStep {
                from: 100,
                price: euro(2_500),
            },
            CountStep {
                from: 400,
                price: euro(3_000),
            },
        ];
        let policy = Policy::CountSteps { steps };
        let mut current = Current {
            price: euro(2_000),
            memory: Memory::default(),
        };
        let mut prices = Vec::new();
        for ordered in [99, 100, 97, 95, 100, 94, 99, 450, 380, 379, 10] {
            let decision = price(Some(&policy), &market(ordered), &current, Timestamp(0));
            current = Current {
                price: decision.price,
                memory: decision.memory,
            };
            prices.push(decision.price.minor);
        }
        assert_eq!(
            prices,
            [
                2_000, 2_500, 2_500, 2_500, 2_500, 2_000, 2_000, 3_000, 3_000, 2_500, 2_000
            ]
        );
    }
}
