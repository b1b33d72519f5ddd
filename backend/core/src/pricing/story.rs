//! What happens to the pricing of one type, by example.

use super::settle::settle;
use super::{
    Change, CountStep, DemandPolicy, EventCopy, Moved, Policy, Priced, Standing, Target, TypeCopy,
};
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrderId, OrgId, TicketTypeId};
use gateline_common::pricing::PriceReason;
use gateline_common::{Currency, Money, Timestamp};
use uuid::Uuid;

const HOUR_MS: i64 = 3_600_000;

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn facts(list: Money) -> TypeCopy {
    TypeCopy {
        version: 1,
        org: OrgId(Uuid::nil()),
        list,
        limit: 100,
        sale_starts: None,
        sale_ends: None,
        deleted: false,
    }
}

fn event(status: EventStatus) -> EventCopy {
    EventCopy {
        event: EventId(1),
        version: 1,
        status,
        ends_at: Timestamp(100 * HOUR_MS),
    }
}

fn known() -> Priced {
    Priced {
        facts: Some(facts(euro(3_000))),
        ..Priced::unknown(EventId(1), TicketTypeId(1))
    }
}

fn demand() -> Policy {
    Policy::Demand(DemandPolicy {
        floor: euro(2_000),
        ceiling: euro(2_900),
        step: euro(100),
        window_minutes: 60,
        target: Target::TicketsPerWindow(5),
        tolerance_percent: 20,
    })
}

fn with(priced: &Priced, policy: Option<Policy>) -> Priced {
    Priced {
        policy,
        ..priced.clone()
    }
}

#[track_caller]
fn settled(before: &Priced, after: Priced, status: EventStatus, hours: i64) -> Change {
    let now = Timestamp(hours * HOUR_MS);
    settle(before, after, Some(&event(status)), now).expect("a change")
}

const ON: EventStatus = EventStatus::Published;

#[test]
fn a_policy_prices_at_once_and_without_it_the_list_price_is_back() {
    let set = settled(&known(), with(&known(), Some(demand())), ON, 0);
    let entry = set.entry.unwrap();
    assert_eq!((entry.before, entry.after), (euro(3_000), euro(2_900)));
    assert_eq!(entry.reason, PriceReason::DemandBegins);
    let news = set.news.unwrap();
    assert_eq!(
        (news.price, news.own_price()),
        (euro(2_900), Some(euro(2_900)))
    );
    let removed = settled(&set.priced, with(&set.priced, None), ON, 1);
    let news = removed.news.unwrap();
    assert_eq!((news.price, news.own_price()), (euro(3_000), None));
    assert_eq!(removed.priced.look_at, None);
    assert_eq!(removed.priced.version, set.priced.version + 1);
}

#[test]
fn a_draft_does_not_grow_cheaper_while_nobody_can_buy() {
    let set = settled(
        &known(),
        with(&known(), Some(demand())),
        EventStatus::Draft,
        0,
    );
    assert_eq!(set.priced.memory.window, None);
    let later = settled(&set.priced, set.priced.clone(), EventStatus::Draft, 50);
    assert_eq!(
        (later.entry, later.priced.price()),
        (None, set.priced.price())
    );
    let published = settled(&later.priced, later.priced.clone(), ON, 51);
    assert_eq!(published.entry, None);
    let window = settled(&published.priced, published.priced.clone(), ON, 52);
    assert_eq!(window.priced.price(), Some(euro(2_800)));
}

#[test]
fn nothing_is_priced_any_more_when_the_event_is_off() {
    let set = settled(&known(), with(&known(), Some(demand())), ON, 0);
    let off = settled(&set.priced, set.priced.clone(), EventStatus::Cancelled, 5);
    assert_eq!(
        (off.entry, off.news, off.priced.look_at),
        (None, None, None)
    );
}

#[test]
fn the_list_price_counts_again_when_its_currency_is_another_one() {
    let set = settled(&known(), with(&known(), Some(demand())), ON, 0);
    let mut dollars = set.priced.clone();
    let list = Money::new(3_500, "USD".parse().unwrap());
    dollars.facts = Some(facts(list));
    let changed = settled(&set.priced, dollars, ON, 1);
    let news = changed.news.unwrap();
    assert_eq!((news.price, news.is_list_price), (list, true));
    assert_eq!(news.reason, PriceReason::OtherCurrency);
}

#[test]
fn a_list_price_that_changes_is_told_only_where_a_policy_is() {
    let mut dearer = known();
    dearer.facts = Some(facts(euro(3_500)));
    let plain = settled(&known(), dearer.clone(), ON, 0);
    assert_eq!((plain.entry, plain.news), (None, None));
    let steps = Policy::CountSteps {
        steps: vec![CountStep {
            from: 10,
            price: euro(4_000),
        }],
    };
    let before = with(&known(), Some(steps.clone()));
    let told = settled(&before, with(&dearer, Some(steps)), ON, 0);
    assert_eq!(told.entry.unwrap().after, euro(3_500));
    assert!(told.news.unwrap().is_list_price);
}

fn standing(version: u64, is_sold: bool, takes: &[(u16, u32)]) -> Standing {
    let takes = takes.iter().map(|(id, n)| (TicketTypeId(*id), *n));
    Standing {
        order: OrderId(Uuid::nil()),
        version,
        event: EventId(1),
        is_sold,
        takes: takes.collect(),
    }
}

#[test]
fn an_order_moves_the_count_by_what_is_new_of_it_and_once() {
    let held = standing(1, false, &[(1, 2), (2, 1)]);
    let moves = |new: &Standing, known: Option<&Standing>| {
        let moves = new.moves(known).into_iter();
        let flat = moves.map(|(id, Moved { held, sold })| (id.0, held, sold));
        flat.collect::<Vec<_>>()
    };
    assert_eq!(moves(&held, None), [(1, 2, 0), (2, 1, 0)]);
    assert_eq!(moves(&held, Some(&held)), []);
    let sold = standing(3, true, &[(1, 3), (2, 1)]);
    assert_eq!(moves(&sold, Some(&held)), [(1, -2, 3), (2, -1, 1)]);
    assert_eq!(moves(&held, Some(&sold)), []);
    let gone = standing(4, false, &[]);
    assert_eq!(moves(&gone, Some(&sold)), [(1, 0, -3), (2, 0, -1)]);
}
