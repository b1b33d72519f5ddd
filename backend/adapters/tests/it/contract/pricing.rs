//! The promises of `PricingStore`.

use gateline_common::bus::{BusEvent, EventStatus};
use gateline_common::ids::{EventId, OrderId, OrgId, TicketTypeId};
use gateline_common::pricing::{PriceFacts, PriceReason};
use gateline_common::{Currency, Money, Timestamp};
use gateline_core::pricing::{
    Change, Entry, EventCopy, Moved, PricingError, PricingStore, Seen, Standing, Wish,
};
use gateline_core::shared::{Consumed, PageRequest, StoreError};
use uuid::Uuid;

macro_rules! pricing_promises {
    ($open:path) => {
        $crate::store_promises!(pricing, $open:
            what_was_decided_is_stored_with_its_entry_and_read_back,
            a_refused_decision_and_a_consumed_cause_change_nothing,
            of_many_changes_at_once_none_is_lost,
            a_pricing_that_is_not_the_one_that_was_read_is_not_stored,
            an_order_moves_counts_once_whatever_comes_first,
            orders_of_one_type_at_once_are_all_counted,
            a_newer_event_has_each_of_its_types_decided_about,
            what_is_due_comes_in_time_and_in_order,
            the_history_is_newest_first_and_paged,
        );
    };
}

const EVENT: EventId = EventId(7);
const NOW: Timestamp = Timestamp(1_000);

fn euro(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

/// A change by `more` tickets, to be looked at again at `look_at`.
fn by(seen: &Seen, more: u32, look_at: Option<i64>) -> Change {
    let mut priced = seen.priced.clone();
    priced.version += 1;
    priced.held += more;
    priced.look_at = look_at.map(Timestamp);
    Change {
        priced,
        entry: None,
        news: None,
    }
}

/// The same with a changed price.
fn to(seen: &Seen, minor: i64) -> Change {
    let mut change = by(seen, 0, None);
    change.priced.own = Some(euro(minor));
    change.entry = Some(Entry {
        version: change.priced.version,
        at: NOW,
        before: seen.priced.own.unwrap_or(euro(1)),
        after: euro(minor),
        reason: PriceReason::DemandBegins,
    });
    change.news = Some(PriceFacts {
        event: EVENT,
        ticket_type: change.priced.ticket_type,
        org: OrgId(Uuid::from_u128(1)),
        price: euro(minor),
        is_list_price: false,
        reason: PriceReason::DemandBegins,
    });
    change
}

fn wish<F>(decide: F) -> Wish
where
    F: Fn(&Seen) -> Option<Change> + Send + Sync + 'static,
{
    Wish::new(NOW, move |seen| Ok(decide(seen)))
}

/// Counts what is moved, as pricing does.
fn counting() -> Wish {
    wish(|seen| {
        let mut change = by(seen, 0, None);
        let add = |count: u32, by: i64| u32::try_from(i64::from(count) + by).unwrap();
        change.priced.held = add(seen.priced.held, seen.moved.held);
        change.priced.sold = add(seen.priced.sold, seen.moved.sold);
        Some(change)
    })
}

async fn change(store: &impl PricingStore, id: u16, wish: Wish) -> Result<Seen, PricingError> {
    store.change(EVENT, TicketTypeId(id), wish).await
}

async fn find(store: &impl PricingStore, id: u16) -> Option<Seen> {
    store.find(EVENT, TicketTypeId(id)).await.unwrap()
}

async fn history(store: &impl PricingStore, limit: u32, after: Option<&str>) -> (Vec<i64>, String) {
    let page = PageRequest {
        limit,
        after: after.map(str::to_owned),
    };
    let page = store.history(EVENT, TicketTypeId(1), &page).await.unwrap();
    let minors = page.items.iter().map(|entry| entry.after.minor);
    (minors.collect(), page.next.unwrap_or_default())
}

pub(crate) async fn what_was_decided_is_stored_with_its_entry_and_read_back(
    store: &impl PricingStore,
) {
    assert_eq!(find(store, 1).await, None);
    let untouched = change(store, 1, wish(|_| None)).await.unwrap();
    assert_eq!((untouched.priced.version, untouched.event), (0, None));
    assert_eq!(find(store, 1).await, None);
    let first = change(store, 1, wish(|seen| Some(to(seen, 500))));
    let first = first.await.unwrap();
    assert_eq!(first.priced.own, Some(euro(500)));
    let second = change(store, 1, wish(|seen| Some(to(seen, 600))));
    let second = second.await.unwrap();
    assert_eq!(second.priced.version, 2);
    assert_eq!(find(store, 1).await, Some(second));
    assert_eq!(history(store, 10, None).await.0, [600, 500]);
    let wish = wish(|seen| Some(to(seen, 700)));
    let commit = wish.commit([&to(&first, 700)]);
    let told = &commit.publish[0];
    assert_eq!((told.aggregate.as_str(), told.version), ("price:7/1", 2));
    assert!(matches!(&told.body, BusEvent::PriceChanged(facts) if facts.price == euro(700)));
}

pub(crate) async fn a_refused_decision_and_a_consumed_cause_change_nothing(
    store: &impl PricingStore,
) {
    let refusing = || Wish::new(NOW, |_| Err(PricingError::Forbidden));
    let refused = change(store, 1, refusing()).await;
    assert_eq!(refused, Err(PricingError::Forbidden));
    assert_eq!(find(store, 1).await, None);
    let once = || {
        let mut wish = wish(|seen| Some(to(seen, 500)));
        wish.consumed = Some(Consumed {
            consumer: "pricing",
            event: Uuid::from_u128(1),
        });
        wish
    };
    let consumed = PricingError::Store(StoreError::AlreadyConsumed);
    change(store, 1, once()).await.unwrap();
    assert_eq!(change(store, 1, once()).await, Err(consumed.clone()));
    let order = standing(1, 1, &[(1, 1)]);
    let noted = store.note_order(&order, once()).await;
    assert_eq!(noted, Err(consumed.clone()));
    let learned = store.learn_event(&event(1), once()).await;
    assert_eq!(learned, Err(consumed));
    let noted = store.note_order(&order, refusing()).await;
    assert_eq!(noted, Err(PricingError::Forbidden));
    let learned = store.learn_event(&event(1), refusing()).await;
    assert_eq!(learned, Err(PricingError::Forbidden));
    let seen = find(store, 1).await.unwrap();
    assert_eq!((seen.priced.version, seen.event), (1, None));
    assert_eq!(history(store, 10, None).await.0, [500]);
    // The order and the event were not taken note of either.
    store.note_order(&order, counting()).await.unwrap();
    store.learn_event(&event(1), counting()).await.unwrap();
    let seen = find(store, 1).await.unwrap();
    assert_eq!((seen.priced.held, seen.event), (1, Some(event(1))));
}

pub(crate) async fn of_many_changes_at_once_none_is_lost(store: &impl PricingStore) {
    let one = async || {
        loop {
            match change(store, 1, wish(|seen| Some(by(seen, 1, None)))).await {
                Err(PricingError::Store(StoreError::Conflict)) => {}
                other => return other.unwrap(),
            }
        }
    };
    futures::future::join_all((0..12).map(|_| one())).await;
    let seen = find(store, 1).await.unwrap();
    assert_eq!((seen.priced.held, seen.priced.version), (12, 12));
}

pub(crate) async fn a_pricing_that_is_not_the_one_that_was_read_is_not_stored(
    store: &impl PricingStore,
) {
    let old = change(store, 1, wish(|seen| Some(by(seen, 1, None))));
    let old = old.await.unwrap();
    change(store, 1, wish(|seen| Some(by(seen, 1, None))))
        .await
        .unwrap();
    let stale = change(store, 1, wish(move |_| Some(to(&old, 500)))).await;
    let conflict = PricingError::Store(StoreError::Conflict);
    assert_eq!(stale, Err(conflict));
    assert_eq!(find(store, 1).await.unwrap().priced.held, 2);
    assert!(history(store, 10, None).await.0.is_empty());
}

fn standing(order: u128, version: u64, takes: &[(u16, u32)]) -> Standing {
    let takes = takes.iter().map(|(id, n)| (TicketTypeId(*id), *n));
    Standing {
        order: OrderId(Uuid::from_u128(order)),
        version,
        event: EVENT,
        is_sold: version > 2,
        takes: takes.collect(),
    }
}

async fn counts(store: &impl PricingStore, id: u16) -> (u32, u32) {
    let seen = find(store, id).await.unwrap();
    assert_eq!(seen.moved, Moved::default());
    (seen.priced.held, seen.priced.sold)
}

pub(crate) async fn an_order_moves_counts_once_whatever_comes_first(store: &impl PricingStore) {
    let note = async |order: &Standing| store.note_order(order, counting()).await.unwrap();
    note(&standing(1, 2, &[(1, 2), (2, 1)])).await;
    note(&standing(1, 1, &[(1, 9)])).await;
    note(&standing(1, 2, &[(1, 2), (2, 1)])).await;
    assert_eq!(counts(store, 1).await, (2, 0));
    assert_eq!(counts(store, 2).await, (1, 0));
    note(&standing(1, 3, &[(1, 3)])).await;
    assert_eq!(counts(store, 1).await, (0, 3));
    assert_eq!(counts(store, 2).await, (0, 0));
    note(&standing(2, 5, &[])).await;
    note(&standing(2, 1, &[(1, 4)])).await;
    assert_eq!(counts(store, 1).await, (0, 3));
}

pub(crate) async fn orders_of_one_type_at_once_are_all_counted(store: &impl PricingStore) {
    let note = async |n: u128| {
        let order = standing(n, 1, &[(1, 2)]);
        loop {
            match store.note_order(&order, counting()).await {
                Err(PricingError::Store(StoreError::Conflict)) => {}
                other => return other.unwrap(),
            }
        }
    };
    futures::future::join_all((1..=12).map(note)).await;
    assert_eq!(counts(store, 1).await, (24, 0));
}

fn event(version: u64) -> EventCopy {
    EventCopy {
        event: EVENT,
        version,
        status: EventStatus::Published,
        ends_at: Timestamp(9_000),
    }
}

pub(crate) async fn a_newer_event_has_each_of_its_types_decided_about(store: &impl PricingStore) {
    for id in [1, 2] {
        change(store, id, wish(|seen| Some(by(seen, 1, None))))
            .await
            .unwrap();
    }
    let other = wish(|seen| Some(by(seen, 1, None)));
    let other = store.change(EventId(8), TicketTypeId(1), other).await;
    let learn = async |version| {
        let each = wish(|seen| seen.event.as_ref().map(|_| by(seen, 10, None)));
        store.learn_event(&event(version), each).await.unwrap();
    };
    learn(2).await;
    learn(1).await;
    learn(2).await;
    for id in [1, 2] {
        let seen = find(store, id).await.unwrap();
        assert_eq!((seen.priced.held, seen.event), (11, Some(event(2))));
    }
    let untouched = store.find(EventId(8), TicketTypeId(1)).await.unwrap();
    assert_eq!(untouched, Some(other.unwrap()));
}

pub(crate) async fn what_is_due_comes_in_time_and_in_order(store: &impl PricingStore) {
    assert_eq!(store.next().await, Ok(None));
    for (id, look_at) in [(1, Some(30)), (2, Some(20)), (3, Some(40)), (4, None)] {
        change(store, id, wish(move |seen| Some(by(seen, 1, look_at))))
            .await
            .unwrap();
    }
    let due = async |now, limit| {
        let due = store.due(Timestamp(now), limit).await.unwrap();
        due.iter().map(|(_, id)| id.0).collect::<Vec<_>>()
    };
    assert_eq!(store.next().await, Ok(Some(Timestamp(20))));
    assert!(due(19, 9).await.is_empty());
    assert_eq!(due(30, 9).await, [2, 1]);
    assert_eq!(due(99, 2).await, [2, 1]);
    change(store, 2, wish(|seen| Some(by(seen, 1, None))))
        .await
        .unwrap();
    assert_eq!(due(99, 9).await, [1, 3]);
    assert_eq!(store.next().await, Ok(Some(Timestamp(30))));
}

pub(crate) async fn the_history_is_newest_first_and_paged(store: &impl PricingStore) {
    for minor in 1..=5 {
        change(store, 1, wish(move |seen| Some(to(seen, minor))))
            .await
            .unwrap();
    }
    change(store, 2, wish(|seen| Some(to(seen, 99))))
        .await
        .unwrap();
    let (first, next) = history(store, 2, None).await;
    assert_eq!(first, [5, 4]);
    let (second, next) = history(store, 2, Some(&next)).await;
    assert_eq!(second, [3, 2]);
    assert_eq!(
        history(store, 2, Some(&next)).await,
        (vec![1], String::new())
    );
    assert_eq!(history(store, 2, Some("1")).await, (vec![], String::new()));
}
