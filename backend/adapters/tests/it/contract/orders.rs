//! The promises of `OrderStore`.

use gateline_common::bus::{BusEvent, Buyer, EventStatus, OrderLine, OrderStatus};
use gateline_common::ids::{EventId, OrderId, OrgId, TicketTypeId, UserId};
use gateline_common::{Currency, Hash, Money, Timestamp};
use gateline_core::orders::{
    Change, Offer, OfferPrice, OnSale, Order, OrderError, OrderFilter, OrderStore, Stock,
    StockMove, View, Wish,
};
use gateline_core::shared::{Commit, Consumed, IdempotencyKey, PageRequest, StoreError};
use uuid::Uuid;

macro_rules! order_promises {
    ($open:path) => {
        $crate::store_promises!(orders, $open:
            placing_takes_stock_or_nothing,
            many_at_once_never_take_more_than_the_limit,
            what_is_to_be_done_instead_is_stored_when_stock_is_short,
            a_taken_code_is_told_and_takes_nothing,
            an_answered_key_is_told_before_anything_is_decided,
            an_event_is_consumed_once,
            only_newer_facts_are_taken_and_a_limit_sets_only_the_limit,
            a_price_has_a_version_of_its_own_and_may_come_before_its_type,
            every_order_of_a_cancelled_event_has_its_turn_once,
            lists_are_newest_first_filtered_and_paged,
        );
    };
}

pub(super) const EVENT: EventId = EventId(7);
pub(super) const NOW: Timestamp = Timestamp(1_000);

pub(super) fn on_sale(title: &str) -> OnSale {
    OnSale {
        event: EVENT,
        org: OrgId(Uuid::from_u128(1)),
        title: title.into(),
        ends_at: Timestamp(9_000),
        status: EventStatus::Published,
    }
}

pub(super) fn offer(id: u16, name: &str) -> Offer {
    Offer {
        event: EVENT,
        ticket_type: TicketTypeId(id),
        name: name.into(),
        price: Money::new(100, Currency::EUR),
        own_price: None,
        max_per_order: 10,
        sale_starts: None,
        sale_ends: None,
        deleted: false,
    }
}

pub(super) async fn stocked(store: &impl OrderStore, limits: &[u32]) {
    let nothing = Commit::nothing();
    store.learn_event(&on_sale("A"), 1, &nothing).await.unwrap();
    for (id, limit) in (0u16..).zip(limits) {
        store
            .learn_offer(&offer(id, "T"), *limit, 1, &nothing)
            .await
            .unwrap();
    }
}

pub(super) fn order(n: u32, buyer: u128) -> Order {
    Order {
        id: OrderId(Uuid::from_u128(u128::from(n))),
        code: format!("CODE{n}"),
        event: EVENT,
        org: OrgId(Uuid::from_u128(1)),
        buyer: Buyer {
            user: UserId(Uuid::from_u128(buyer)),
            email: "ada@example.org".into(),
            name: "Ada".into(),
        },
        lines: vec![OrderLine {
            ticket_type: TicketTypeId(0),
            name: "T".into(),
            quantity: 1,
            unit_price: Money::new(100, Currency::EUR),
        }],
        total: Money::new(100, Currency::EUR),
        status: OrderStatus::Created,
        created_at: NOW,
        expires_at: Timestamp(2_000),
        completed_at: None,
        test: false,
        paid_by: None,
        starting: Vec::new(),
        pending: Vec::new(),
        failed: Vec::new(),
        settled: Vec::new(),
        refunds: Vec::new(),
        version: 1,
    }
}

/// A change to `order` that takes (type, held) and tells of it.
pub(super) fn taking(order: &Order, takes: &[(u16, i64)]) -> Change {
    let moves = takes.iter().map(|(id, held)| StockMove {
        ticket_type: TicketTypeId(*id),
        held: *held,
        sold: 0,
    });
    Change {
        moves: moves.collect(),
        events: vec![BusEvent::OrderCreated(order.facts())],
        instead: None,
        alarm: None,
        order: order.clone(),
    }
}

pub(super) fn wish(change: Change) -> Wish {
    Wish::new(NOW, move |_| Ok(Some(change.clone())))
}

pub(super) async fn stock(store: &impl OrderStore, id: u16) -> Stock {
    let sale = store.sale(EVENT).await.unwrap().unwrap();
    let mut offers = sale.offers.into_iter();
    let found = offers.find(|(offer, _)| offer.ticket_type.0 == id);
    found.unwrap().1
}

pub(crate) async fn placing_takes_stock_or_nothing(store: &impl OrderStore) {
    stocked(store, &[3, 1]).await;
    let first = order(1, 1);
    let placed = store.place(EVENT, wish(taking(&first, &[(0, 2), (1, 1)])));
    assert_eq!(placed.await, Ok(first.clone()));
    assert_eq!(store.find(first.id).await, Ok(Some(first)));
    let second = order(2, 1);
    let refused = store.place(EVENT, wish(taking(&second, &[(0, 1), (1, 1)])));
    assert_eq!(refused.await, Err(OrderError::SoldOut(TicketTypeId(1))));
    assert_eq!(store.find(second.id).await, Ok(None));
    assert_eq!(
        (stock(store, 0).await.held, stock(store, 1).await.held),
        (2, 1)
    );
}

pub(crate) async fn many_at_once_never_take_more_than_the_limit(store: &impl OrderStore) {
    stocked(store, &[10]).await;
    let attempts = (1..=50u32).map(|n| store.place(EVENT, wish(taking(&order(n, 1), &[(0, 1)]))));
    let results = futures::future::join_all(attempts).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 10);
    assert_eq!(stock(store, 0).await.held, 10);
    assert_eq!(stock(store, 0).await.left(), 0);
}

pub(crate) async fn what_is_to_be_done_instead_is_stored_when_stock_is_short(
    store: &impl OrderStore,
) {
    stocked(store, &[1]).await;
    let first = order(1, 1);
    let placed = store.place(EVENT, wish(taking(&first, &[(0, 1)])));
    placed.await.unwrap();
    let mut other = first.clone();
    other.version = 2;
    other.status = OrderStatus::Expired;
    let mut change = taking(
        &Order {
            version: 2,
            ..first.clone()
        },
        &[(0, 1)],
    );
    change.instead = Some(Box::new(taking(&other, &[(0, -1)])));
    let stored = store.change(first.id, wish(change)).await;
    assert_eq!(stored, Ok(other));
    assert_eq!(stock(store, 0).await.held, 0);
}

pub(crate) async fn a_taken_code_is_told_and_takes_nothing(store: &impl OrderStore) {
    stocked(store, &[5]).await;
    let first = order(1, 1);
    let placed = store.place(EVENT, wish(taking(&first, &[(0, 1)])));
    placed.await.unwrap();
    let same = Order {
        code: first.code,
        ..order(2, 1)
    };
    let refused = store.place(EVENT, wish(taking(&same, &[(0, 1)])));
    assert_eq!(refused.await, Err(OrderError::CodeTaken));
    assert_eq!(stock(store, 0).await.held, 1);
}

pub(crate) async fn an_answered_key_is_told_before_anything_is_decided(store: &impl OrderStore) {
    stocked(store, &[1]).await;
    let key = IdempotencyKey {
        scope: "user:1".into(),
        key: "k".into(),
        fingerprint: Hash([1; 32]),
    };
    for n in [1, 2] {
        let mut wish = wish(taking(&order(n, 1), &[(0, 1)]));
        wish.key = Some(key.clone());
        let placed = store.place(EVENT, wish).await;
        match n {
            1 => assert_eq!(placed, Ok(order(1, 1))),
            // Not "sold out", which it is too.
            _ => assert_eq!(placed, Err(StoreError::AlreadyAnswered.into())),
        }
    }
}

pub(crate) async fn an_event_is_consumed_once(store: &impl OrderStore) {
    stocked(store, &[5]).await;
    let first = order(1, 1);
    let placed = store.place(EVENT, wish(taking(&first, &[(0, 1)])));
    placed.await.unwrap();
    let consumed = Consumed {
        consumer: "orders",
        event: Uuid::from_u128(5),
    };
    for again in [false, true] {
        let mut wish = wish(taking(
            &Order {
                version: 2,
                ..first.clone()
            },
            &[(0, 1)],
        ));
        wish.consumed = Some(consumed);
        let changed = store.change(first.id, wish).await;
        if again {
            assert_eq!(changed, Err(StoreError::AlreadyConsumed.into()));
        } else {
            changed.unwrap();
        }
    }
    assert_eq!(stock(store, 0).await.held, 2);
    let unknown = store.change(OrderId(Uuid::from_u128(9)), wish(taking(&first, &[])));
    assert_eq!(unknown.await, Err(OrderError::NotFound));
}

pub(crate) async fn only_newer_facts_are_taken_and_a_limit_sets_only_the_limit(
    store: &impl OrderStore,
) {
    stocked(store, &[5]).await;
    let placed = store.place(EVENT, wish(taking(&order(1, 1), &[(0, 3)])));
    placed.await.unwrap();
    let nothing = Commit::nothing();
    for (version, name, limit) in [(3, "new", 2), (2, "old", 50), (3, "same", 60)] {
        store
            .learn_offer(&offer(0, name), limit, version, &nothing)
            .await
            .unwrap();
        store
            .learn_event(&on_sale(name), version, &nothing)
            .await
            .unwrap();
    }
    let expected = Stock {
        limit: 2,
        held: 3,
        sold: 0,
    };
    assert_eq!(stock(store, 0).await, expected);
    assert_eq!(expected.left(), 0);
    let sale = store.sale(EVENT).await.unwrap().unwrap();
    assert_eq!(
        (sale.event.title.as_str(), sale.offers[0].0.name.as_str()),
        ("new", "new")
    );
    // Less than is held may be given back, whatever the limit.
    let less = Order {
        version: 2,
        ..order(1, 1)
    };
    let changed = store.change(less.id, wish(taking(&less, &[(0, -2)])));
    changed.await.unwrap();
    assert_eq!(stock(store, 0).await.held, 1);
}

fn ending_of(view: &View) -> Result<Option<Change>, OrderError> {
    let mut order = view.order.clone().unwrap();
    order.version += 1;
    order.status = OrderStatus::Cancelled;
    Ok(Some(taking(&order, &[(0, -1)])))
}

fn price_of(minor: Option<i64>) -> OfferPrice {
    OfferPrice {
        event: EVENT,
        ticket_type: TicketTypeId(1),
        price: minor.map(|minor| Money::new(minor, Currency::EUR)),
    }
}

pub(crate) async fn a_price_has_a_version_of_its_own_and_may_come_before_its_type(
    store: &impl OrderStore,
) {
    let nothing = Commit::nothing();
    let told = async |minor: Option<i64>, version: u64| {
        let price = price_of(minor);
        store.learn_price(&price, version, &nothing).await.unwrap();
    };
    let now = async || {
        let sale = store.sale(EVENT).await.unwrap().unwrap();
        let offers = sale.offers.into_iter();
        let prices = offers.map(|(offer, _)| offer.price_now().minor);
        prices.collect::<Vec<_>>()
    };
    told(Some(70), 5).await;
    stocked(store, &[3, 3]).await;
    assert_eq!(now().await, [100, 70]);
    told(Some(60), 4).await;
    told(Some(60), 5).await;
    assert_eq!(now().await, [100, 70]);
    // A newer type keeps the price that pricing gave it.
    let mut dearer = offer(1, "T");
    dearer.price.minor = 120;
    store.learn_offer(&dearer, 3, 9, &nothing).await.unwrap();
    assert_eq!(now().await, [100, 70]);
    let mut seen = Wish::new(NOW, |view: &View| {
        assert_eq!(view.offers[0].price_now().minor, 70);
        Ok(Some(taking(&order(1, 1), &[(1, 1)])))
    });
    seen.types = vec![TicketTypeId(1)];
    store.place(EVENT, seen).await.unwrap();
    assert_eq!(stock(store, 1).await.left(), 2);
    told(None, 6).await;
    assert_eq!(now().await, [100, 120]);
    let commit = Commit::nothing().consuming("orders", Uuid::from_u128(9));
    let price = price_of(Some(1));
    store.learn_price(&price, 7, &commit).await.unwrap();
    let again = store.learn_price(&price_of(Some(2)), 8, &commit).await;
    assert_eq!(again, Err(StoreError::AlreadyConsumed));
    assert_eq!(now().await, [100, 1]);
}

pub(crate) async fn every_order_of_a_cancelled_event_has_its_turn_once(store: &impl OrderStore) {
    stocked(store, &[50]).await;
    for n in 1..=5 {
        let placed = store.place(EVENT, wish(taking(&order(n, 1), &[(0, 1)])));
        placed.await.unwrap();
    }
    let elsewhere = Order {
        event: EventId(8),
        ..order(6, 1)
    };
    let placed = store.place(EventId(8), wish(taking(&elsewhere, &[])));
    placed.await.unwrap();
    assert_eq!(store.called_off().await, Ok(None));
    let cancelled = OnSale {
        status: EventStatus::Cancelled,
        ..on_sale("A")
    };
    let nothing = Commit::nothing();
    store.learn_event(&cancelled, 2, &nothing).await.unwrap();
    let ending = || Wish::new(NOW, ending_of);
    // A failure in the middle of some is a failure of all of them.
    let failing = Wish::new(NOW, |view| {
        match view.order.as_ref().unwrap().id.0.as_u128() {
            2 => Err(OrderError::Forbidden),
            _ => ending_of(view),
        }
    });
    assert!(store.call_off(EVENT, 2, failing).await.is_err());
    assert_eq!(stock(store, 0).await.held, 5);
    let mut rounds = 0;
    while let Some(event) = store.called_off().await.unwrap() {
        assert_eq!(event, EVENT);
        store.call_off(event, 2, ending()).await.unwrap();
        rounds += 1;
    }
    assert_eq!(rounds, 3);
    assert_eq!(stock(store, 0).await.held, 0);
    // News of the same event, and a repeated turn, begin nothing again.
    store.learn_event(&cancelled, 3, &nothing).await.unwrap();
    assert_eq!(store.called_off().await, Ok(None));
    store.call_off(EVENT, 2, ending()).await.unwrap();
    for n in 1..=6 {
        let id = OrderId(Uuid::from_u128(n));
        let version = store.find(id).await.unwrap().unwrap().version;
        assert_eq!(version, if n == 6 { 1 } else { 2 });
    }
}

pub(crate) async fn lists_are_newest_first_filtered_and_paged(store: &impl OrderStore) {
    stocked(store, &[50]).await;
    for n in 1..=5 {
        let placed = store.place(EVENT, wish(taking(&order(n, u128::from(n % 2)), &[])));
        placed.await.unwrap();
    }
    let list = async |filter: OrderFilter<'_>, limit: u32, after: Option<String>| {
        let page = store
            .list(filter, &PageRequest { limit, after })
            .await
            .unwrap();
        let ids: Vec<u128> = page
            .items
            .iter()
            .map(|order| order.id.0.as_u128())
            .collect();
        (ids, page.next)
    };
    let all = OrderFilter::default();
    let (ids, next) = list(all, 2, None).await;
    assert_eq!(ids, [5, 4]);
    let (ids, next) = list(all, 2, next).await;
    assert_eq!(ids, [3, 2]);
    assert_eq!(list(all, 2, next).await, (vec![1], None));
    let odd = OrderFilter {
        buyer: Some(UserId(Uuid::from_u128(1))),
        event: Some(EVENT),
        status: Some(OrderStatus::Created),
        code: None,
    };
    assert_eq!(list(odd, 9, None).await, (vec![5, 3, 1], None));
    let one = OrderFilter {
        code: Some("code4"),
        ..all
    };
    assert_eq!(list(one, 9, None).await.0, [4]);
    let none = OrderFilter {
        status: Some(OrderStatus::Refunded),
        ..all
    };
    assert_eq!(list(none, 9, None).await.0, []);
}
