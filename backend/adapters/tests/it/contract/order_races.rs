//! The promises of `OrderStore` where two instances meet, many times over.

use super::orders::{NOW, offer, on_sale, order, taking};
use futures::future::join_all;
use gateline_common::Hash;
use gateline_common::bus::{EventStatus, OrderStatus};
use gateline_common::ids::{EventId, OrderId, TicketTypeId};
use gateline_core::orders::{
    Change, Offer, OnSale, Order, OrderError, OrderStore, Stock, StockMove, View, Wish,
};
use gateline_core::shared::{Commit, Consumed, IdempotencyKey, StoreError};
use uuid::Uuid;

macro_rules! order_races {
    ($open_twice:path) => {
        $crate::store_promises!(order_races, $open_twice:
            placing_at_two_instances_never_oversells_and_conflicts_for_nobody,
            no_order_escapes_the_cancellation_that_it_races_with,
            an_order_that_completes_while_its_event_is_cancelled_has_its_turn,
            a_code_drawn_twice_at_once_goes_to_one_order,
            a_key_used_twice_at_once_places_one_order,
            an_event_heard_twice_at_once_is_consumed_once,
            changes_of_one_order_at_once_each_see_the_one_before,
            two_that_call_off_at_once_give_each_order_its_turn_once,
            a_decision_that_panics_falls_alone,
        );
    };
}

/// One event per round, so that a round finds nothing of those before.
#[derive(Clone, Copy)]
struct Round(u32);

impl Round {
    fn event(self) -> EventId {
        EventId(1_000 + self.0)
    }

    fn order(self, n: u32) -> Order {
        Order {
            event: self.event(),
            ..order(self.0 * 100 + n, 1)
        }
    }

    fn offer(self, id: u16) -> Offer {
        Offer {
            event: self.event(),
            ..offer(id, "T")
        }
    }

    async fn open(self, store: &impl OrderStore, limit: u32) {
        let nothing = Commit::nothing();
        store
            .learn_event(&self.is(EventStatus::Published), 1, &nothing)
            .await
            .unwrap();
        store
            .learn_offer(&self.offer(0), limit, 1, &nothing)
            .await
            .unwrap();
    }

    fn is(self, status: EventStatus) -> OnSale {
        OnSale {
            event: self.event(),
            status,
            ..on_sale("A")
        }
    }

    async fn stock(self, store: &impl OrderStore, id: u16) -> Stock {
        let sale = store.sale(self.event()).await.unwrap().unwrap();
        let mut offers = sale.offers.into_iter();
        let found = offers.find(|(offer, _)| offer.ticket_type.0 == id);
        found.unwrap().1
    }

    /// Cancels the event after a while that differs from round to round, and ends
    /// its orders.
    async fn cancel(self, store: &impl OrderStore) {
        for n in 0..self.0 % 5 {
            store.find(self.order(n).id).await.unwrap();
        }
        let cancelled = self.is(EventStatus::Cancelled);
        store
            .learn_event(&cancelled, 2, &Commit::nothing())
            .await
            .unwrap();
        end_all(store).await;
    }
}

async fn end_all(store: &impl OrderStore) {
    while let Some(event) = store.called_off().await.unwrap() {
        let ending = Wish::new(NOW, |view| Ok(ended(view)));
        store.call_off(event, 2, ending).await.unwrap();
    }
}

/// Ends an order that holds or has bought something.
fn ended(view: &View) -> Option<Change> {
    let before = view.order.as_ref().unwrap();
    let by = match before.status {
        OrderStatus::Created => (-1, 0),
        OrderStatus::Completed => (0, -1),
        _ => return None,
    };
    Some(change(before, OrderStatus::Cancelled, by))
}

/// The next version of `order`, and so many (held, sold) of each of its lines.
fn change(order: &Order, status: OrderStatus, (held, sold): (i64, i64)) -> Change {
    let mut after = order.clone();
    after.status = status;
    after.version += 1;
    let moves = order.lines.iter().map(|line| StockMove {
        ticket_type: line.ticket_type,
        held,
        sold,
    });
    Change {
        moves: moves.collect(),
        ..taking(&after, &[])
    }
}

/// Places `order` while its event is on and its type known.
fn if_on_sale(order: Order) -> Wish {
    let types: Vec<TicketTypeId> = order.lines.iter().map(|line| line.ticket_type).collect();
    let wanted = types.clone();
    let mut wish = Wish::new(NOW, move |view| {
        if view.event.as_ref().unwrap().status != EventStatus::Published {
            return Err(OrderError::NotOnSale("off"));
        }
        if view.offers.len() < wanted.len() {
            return Err(OrderError::UnknownType(wanted[0]));
        }
        let takes: Vec<(u16, i64)> = wanted.iter().map(|id| (id.0, 1)).collect();
        Ok(Some(taking(&order, &takes)))
    });
    wish.types = types;
    wish
}

pub(crate) async fn placing_at_two_instances_never_oversells_and_conflicts_for_nobody<S>(
    stores: &[S; 2],
) where
    S: OrderStore,
{
    let round = Round(0);
    round.open(&stores[0], 10).await;
    let attempts = (0..30u32).map(|n| {
        let wish = if_on_sale(round.order(n));
        stores[n as usize % 2].place(round.event(), wish)
    });
    let results = join_all(attempts).await;
    let sold_out = Err(OrderError::SoldOut(TicketTypeId(0)));
    let refused = results.iter().filter(|result| **result == sold_out);
    assert_eq!(refused.count(), 20, "{results:?}");
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 10);
    assert_eq!(round.stock(&stores[1], 0).await.held, 10);
}

pub(crate) async fn no_order_escapes_the_cancellation_that_it_races_with<S: OrderStore>(
    stores: &[S; 2],
) {
    for round in (0..30).map(Round) {
        round.open(&stores[0], 100).await;
        let buying = (0..4u32).map(|buyer| async move {
            let mut placed = Vec::new();
            for n in 0..3 {
                let mut order = round.order(buyer * 10 + n);
                if buyer == 3 {
                    order.lines.clear(); // takes nothing of any stock
                }
                let wish = if_on_sale(order.clone());
                let store = &stores[buyer as usize % 2];
                match store.place(round.event(), wish).await {
                    Ok(order) => placed.push(order.id),
                    Err(error) => assert_eq!(error, OrderError::NotOnSale("off")),
                }
            }
            placed
        });
        // A type that becomes known only while the event is cancelled.
        let newcomer = async {
            stores[1]
                .learn_offer(&round.offer(1), 9, 1, &Commit::nothing())
                .await
                .unwrap();
            let mut order = round.order(99);
            order.lines[0].ticket_type = TicketTypeId(1);
            let placed = stores[0].place(round.event(), if_on_sale(order)).await;
            placed.ok().map(|order| order.id)
        };
        let ((), bought, newcomer) =
            futures::join!(round.cancel(&stores[1]), join_all(buying), newcomer);
        assert_eq!(stores[0].called_off().await, Ok(None));
        for id in bought.into_iter().flatten().chain(newcomer) {
            let order = stores[0].find(id).await.unwrap().unwrap();
            assert_eq!(order.status, OrderStatus::Cancelled, "round {}", round.0);
        }
        for id in [0, 1] {
            assert_eq!(round.stock(&stores[0], id).await.held, 0);
        }
    }
}

/// Like a payment that comes after its order's time ran out.
pub(crate) async fn an_order_that_completes_while_its_event_is_cancelled_has_its_turn<S>(
    stores: &[S; 2],
) where
    S: OrderStore,
{
    for round in (0..30).map(Round) {
        round.open(&stores[0], 100).await;
        let mut expired = round.order(1);
        expired.status = OrderStatus::Expired;
        let placed = taking(&expired, &[]);
        let wish = Wish::new(NOW, move |_| Ok(Some(placed.clone())));
        stores[0].place(round.event(), wish).await.unwrap();
        let completing = Wish::new(NOW, |view| {
            let on = view.event.as_ref().unwrap().status == EventStatus::Published;
            let order = view.order.as_ref().unwrap();
            Ok(on.then(|| change(order, OrderStatus::Completed, (0, 1))))
        });
        let completed = stores[0].change(expired.id, completing);
        let ((), completed) = futures::join!(round.cancel(&stores[1]), completed);
        completed.unwrap();
        let order = stores[0].find(expired.id).await.unwrap().unwrap();
        assert_ne!(order.status, OrderStatus::Completed, "round {}", round.0);
        assert_eq!(round.stock(&stores[0], 0).await.sold, 0);
    }
}

pub(crate) async fn a_code_drawn_twice_at_once_goes_to_one_order<S: OrderStore>(stores: &[S; 2]) {
    for round in (0..12).map(Round) {
        round.open(&stores[0], 9).await;
        let code = round.order(0).code;
        // In some rounds both are placed by one instance.
        let placing = (0..2u32).map(|n| {
            let code = code.clone();
            let order = Order {
                code,
                ..round.order(n)
            };
            let store = &stores[(n * (round.0 % 2)) as usize];
            store.place(round.event(), if_on_sale(order))
        });
        let results = join_all(placing).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert!(results.contains(&Err(OrderError::CodeTaken)), "{results:?}");
        assert_eq!(round.stock(&stores[0], 0).await.held, 1);
    }
}

pub(crate) async fn a_key_used_twice_at_once_places_one_order<S: OrderStore>(stores: &[S; 2]) {
    for round in (0..12).map(Round) {
        round.open(&stores[0], 9).await;
        let placing = (0..2u32).map(|n| {
            let mut wish = if_on_sale(round.order(n));
            wish.key = Some(IdempotencyKey {
                scope: "user:1".into(),
                key: format!("k{}", round.0),
                fingerprint: Hash([1; 32]),
            });
            let store = &stores[(n * (round.0 % 2)) as usize];
            store.place(round.event(), wish)
        });
        let results = join_all(placing).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let answered = Err(StoreError::AlreadyAnswered.into());
        assert!(results.contains(&answered), "{results:?}");
        assert_eq!(round.stock(&stores[0], 0).await.held, 1);
    }
}

async fn placed(round: Round, store: &impl OrderStore) -> OrderId {
    round.open(store, 100).await;
    let wish = if_on_sale(round.order(0));
    store.place(round.event(), wish).await.unwrap().id
}

fn holding_one_more() -> Wish {
    Wish::new(NOW, |view| {
        let order = view.order.as_ref().unwrap();
        Ok(Some(change(order, OrderStatus::Created, (1, 0))))
    })
}

pub(crate) async fn an_event_heard_twice_at_once_is_consumed_once<S: OrderStore>(stores: &[S; 2]) {
    for round in (0..12).map(Round) {
        let order = placed(round, &stores[0]).await;
        let hearing = (0..2u32).map(|n| {
            let mut wish = holding_one_more();
            wish.consumed = Some(Consumed {
                consumer: "orders",
                event: Uuid::from_u128(u128::from(round.0)),
            });
            stores[(n * (round.0 % 2)) as usize].change(order, wish)
        });
        let results = join_all(hearing).await;
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        let consumed = Err(StoreError::AlreadyConsumed.into());
        assert!(results.contains(&consumed), "{results:?}");
        assert_eq!(round.stock(&stores[0], 0).await.held, 2);
    }
}

pub(crate) async fn changes_of_one_order_at_once_each_see_the_one_before<S>(stores: &[S; 2])
where
    S: OrderStore,
{
    for round in (0..4).map(Round) {
        let order = placed(round, &stores[0]).await;
        let changing = (0..12).map(|n| stores[n % 2].change(order, holding_one_more()));
        for changed in join_all(changing).await {
            changed.unwrap();
        }
        let order = stores[1].find(order).await.unwrap().unwrap();
        assert_eq!(order.version, 13);
        assert_eq!(round.stock(&stores[0], 0).await.held, 13);
    }
}

pub(crate) async fn two_that_call_off_at_once_give_each_order_its_turn_once<S>(stores: &[S; 2])
where
    S: OrderStore,
{
    for round in (0..4).map(Round) {
        round.open(&stores[0], 100).await;
        for n in 0..7 {
            let wish = if_on_sale(round.order(n));
            stores[0].place(round.event(), wish).await.unwrap();
        }
        let cancelled = round.is(EventStatus::Cancelled);
        stores[0]
            .learn_event(&cancelled, 2, &Commit::nothing())
            .await
            .unwrap();
        futures::join!(end_all(&stores[0]), end_all(&stores[1]));
        for n in 0..7 {
            let order = stores[0].find(round.order(n).id).await.unwrap().unwrap();
            assert_eq!((order.version, order.status), (2, OrderStatus::Cancelled));
        }
        assert_eq!(round.stock(&stores[0], 0).await.held, 0);
    }
}

pub(crate) async fn a_decision_that_panics_falls_alone<S: OrderStore>(stores: &[S; 2]) {
    let round = Round(0);
    round.open(&stores[0], 100).await;
    let placing = (0..9u32).map(|n| {
        let wish = match n {
            4 => Wish::new(NOW, |_| panic!("a bug")),
            _ => if_on_sale(round.order(n)),
        };
        stores[0].place(round.event(), wish)
    });
    let results = join_all(placing).await;
    assert!(matches!(
        results[4],
        Err(OrderError::Store(StoreError::Failed(_)))
    ));
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 8);
    assert_eq!(round.stock(&stores[0], 0).await.held, 8);
}
