//! The promises of `PaymentStore` where two instances meet, many times over.

use super::payments::{NOW, PRICE, facts, payment};
use futures::future::join_all;
use gateline_common::Timestamp;
use gateline_common::bus::{OrderFacts, OrderStatus, RefundFacts};
use gateline_common::ids::{OrderId, PaymentId, RefundId};
use gateline_core::payments::{
    Begin, Change, Payment, PaymentError, PaymentStatus, PaymentStore, Refund, RefundStatus,
};
use gateline_core::shared::{Commit, StoreError};
use uuid::Uuid;

macro_rules! payment_races {
    ($open_twice:path) => {
        $crate::store_promises!(payment_races, $open_twice:
            of_payments_begun_at_once_one_sees_the_others,
            a_charge_that_begins_while_its_order_closes_is_told_or_refused,
            a_payment_begun_while_its_order_ends_is_due_at_once_or_refused,
            a_second_charge_told_twice_at_once_is_stored_once,
            changes_of_one_payment_at_once_each_see_the_one_before,
            a_refund_asked_for_twice_at_once_is_stored_once_and_completed_once,
            a_refund_and_a_change_of_its_payment_at_once_are_both_stored,
        );
    };
}

const ROUNDS: u128 = 20;

/// One order per round.
#[derive(Clone, Copy)]
struct Round(u128);

impl Round {
    fn order(self) -> OrderId {
        OrderId(Uuid::from_u128(1_000 + self.0))
    }

    fn facts(self, status: OrderStatus) -> OrderFacts {
        OrderFacts {
            order: self.order(),
            ..facts(status)
        }
    }

    fn payment(self, n: u128, status: PaymentStatus) -> Payment {
        Payment {
            order: self.order(),
            ..payment(self.0 * 100 + n, status)
        }
    }

    /// Begins a payment unless one is under way, or the order closed or ended.
    fn begin(self, payment: Payment) -> Begin {
        Begin {
            facts: self.facts(OrderStatus::Created),
            version: 1,
            key: None,
            decide: Box::new(move |standing| {
                if standing.payments.iter().any(Payment::is_taken) {
                    return Err(PaymentError::UnderWay);
                }
                let status = standing.facts.as_ref().unwrap().status;
                if standing.closed.is_some() || status != OrderStatus::Created {
                    return Err(PaymentError::OrderExpired);
                }
                Ok(payment.clone())
            }),
        }
    }

    async fn begun(self, store: &impl PaymentStore, status: PaymentStatus) -> Payment {
        let begin = self.begin(self.payment(0, status));
        store.begin(begin).await.unwrap()
    }

    /// In every other round the order is known before.
    async fn perhaps_known(self, store: &impl PaymentStore) {
        if self.0.is_multiple_of(2) {
            let facts = self.facts(OrderStatus::Created);
            store
                .learn_order(&facts, 1, NOW, &Commit::nothing())
                .await
                .unwrap();
        }
    }

    /// Waits a while that differs from round to round.
    async fn wait(self, store: &impl PaymentStore) {
        for _ in 0..self.0 / 2 % 4 {
            store.find(PaymentId(Uuid::nil())).await.unwrap();
        }
    }
}

pub(crate) async fn of_payments_begun_at_once_one_sees_the_others<S>(stores: &[S; 2])
where
    S: PaymentStore,
{
    for round in (0..ROUNDS).map(Round) {
        round.perhaps_known(&stores[0]).await;
        let beginning = (0..4u8).map(|n| {
            let payment = round.payment(n.into(), PaymentStatus::Starting);
            stores[usize::from(n % 2)].begin(round.begin(payment))
        });
        let results = join_all(beginning).await;
        let refused = Err(PaymentError::UnderWay);
        let refused = results.iter().filter(|result| **result == refused);
        assert_eq!(refused.count(), 3, "{results:?}");
        let stored = stores[0].of_order(round.order()).await.unwrap();
        assert_eq!(stored.len(), 1);
    }
}

pub(crate) async fn a_charge_that_begins_while_its_order_closes_is_told_or_refused<S>(
    stores: &[S; 2],
) where
    S: PaymentStore,
{
    for round in (0..2 * ROUNDS).map(Round) {
        round.perhaps_known(&stores[0]).await;
        let payment = round.payment(0, PaymentStatus::Starting);
        let closing = async {
            round.wait(&stores[1]).await;
            stores[1]
                .taken(round.order(), Some(Timestamp(5_000)))
                .await
                .unwrap()
        };
        let begin = stores[0].begin(round.begin(payment.clone()));
        match futures::join!(begin, closing) {
            (Ok(begun), told) => assert_eq!(told, [begun.id], "round {}", round.0),
            (Err(error), told) => {
                assert_eq!((error, told), (PaymentError::OrderExpired, Vec::new()));
            }
        }
    }
}

pub(crate) async fn a_payment_begun_while_its_order_ends_is_due_at_once_or_refused<S>(
    stores: &[S; 2],
) where
    S: PaymentStore,
{
    for round in (0..ROUNDS).map(Round) {
        round.perhaps_known(&stores[0]).await;
        let ending = async {
            round.wait(&stores[1]).await;
            let facts = round.facts(OrderStatus::Cancelled);
            stores[1]
                .learn_order(&facts, 2, NOW, &Commit::nothing())
                .await
                .unwrap();
        };
        let open = round.payment(0, PaymentStatus::Pending);
        let begin = stores[0].begin(round.begin(open.clone()));
        let (begun, ()) = futures::join!(begin, ending);
        let due = stores[0].due(NOW, 99).await.unwrap().payments;
        let due = due.iter().find(|(payment, _)| payment.id == open.id);
        match begun {
            Ok(_) => {
                let (_, standing) = due.unwrap();
                let status = standing.facts.as_ref().unwrap().status;
                assert_eq!(status, OrderStatus::Cancelled);
            }
            Err(error) => {
                assert_eq!(error, PaymentError::OrderExpired);
                assert!(due.is_none());
            }
        }
    }
}

pub(crate) async fn a_second_charge_told_twice_at_once_is_stored_once<S>(stores: &[S; 2])
where
    S: PaymentStore,
{
    for round in (0..ROUNDS).map(Round) {
        let first = round.begun(&stores[0], PaymentStatus::Succeeded).await;
        let telling = stores.each_ref().map(|store| {
            let change = Change {
                payment: first.clone(),
                second: Some(round.payment(1, PaymentStatus::Succeeded)),
            };
            let decide = Box::new(move |_: &Payment| Some(change.clone()));
            store.change(first.id, NOW, decide)
        });
        for told in join_all(telling).await {
            assert_eq!(told, Ok(first.clone()));
        }
        let stored = stores[0].of_order(round.order()).await.unwrap();
        let second = round.payment(1, PaymentStatus::Succeeded);
        assert_eq!(stored, [first, second]);
    }
}

fn next_version(payment: &Payment) -> Option<Change> {
    let mut after = payment.clone();
    after.version += 1;
    Some(Change {
        payment: after,
        second: None,
    })
}

pub(crate) async fn changes_of_one_payment_at_once_each_see_the_one_before<S>(stores: &[S; 2])
where
    S: PaymentStore,
{
    for round in (0..4).map(Round) {
        let payment = round.begun(&stores[0], PaymentStatus::Pending).await;
        let changing =
            (0..8).map(|n| stores[n % 2].change(payment.id, NOW, Box::new(next_version)));
        for changed in join_all(changing).await {
            changed.unwrap();
        }
        let payment = stores[0].find(payment.id).await.unwrap().unwrap();
        assert_eq!(payment.version, 9);
    }
}

fn asked(of: &Payment) -> Refund {
    Refund {
        facts: RefundFacts {
            refund: RefundId(of.id.0),
            payment: of.id,
            order: of.order,
            amount: PRICE,
            reason: "late".into(),
            voids_order: false,
            event_cancelled: false,
            keeps_tickets: false,
            test: true,
        },
        status: RefundStatus::Requested,
        requested_at: NOW,
        completed_at: None,
        attempts: 0,
        try_at: Some(NOW),
        trace: None,
    }
}

pub(crate) async fn a_refund_asked_for_twice_at_once_is_stored_once_and_completed_once<S>(
    stores: &[S; 2],
) where
    S: PaymentStore,
{
    for round in (0..ROUNDS).map(Round) {
        let paid = round.begun(&stores[0], PaymentStatus::Succeeded).await;
        let asked = asked(&paid);
        // By these it is known whose commit was stored.
        let marked = |n: u128| {
            let event = Uuid::from_u128(1_000_000 + round.0 * 10 + n);
            Commit::nothing().consuming("payments", event)
        };
        let commits = [0, 1, 2, 3].map(marked);
        let adding = [0, 1].map(|n| stores[n].add_refund(&asked, &commits[n]));
        for added in join_all(adding).await {
            added.unwrap();
        }
        let done = Refund {
            status: RefundStatus::Completed,
            completed_at: Some(NOW),
            try_at: None,
            ..asked.clone()
        };
        let saving = [0, 1].map(|n| stores[n].save_refund(&done, &commits[2 + n]));
        for saved in join_all(saving).await {
            saved.unwrap();
        }
        let mut stored = Vec::new();
        for commit in &commits {
            let again = stores[0].add_refund(&asked, commit).await;
            stored.push(again == Err(StoreError::AlreadyConsumed));
        }
        assert_eq!(stored[..2], [true, true]);
        assert_ne!(stored[2], stored[3], "one of them completed it");
        assert_eq!(stores[0].refund_of(paid.id).await, Ok(Some(done)));
    }
}

pub(crate) async fn a_refund_and_a_change_of_its_payment_at_once_are_both_stored<S>(stores: &[S; 2])
where
    S: PaymentStore,
{
    for round in (0..ROUNDS).map(Round) {
        let paid = round.begun(&stores[0], PaymentStatus::Succeeded).await;
        let (refund, commit) = (asked(&paid), Commit::nothing());
        let adding = stores[0].add_refund(&refund, &commit);
        let changing = stores[1].change(paid.id, NOW, Box::new(next_version));
        let (added, changed) = futures::join!(adding, changing);
        added.unwrap();
        changed.unwrap();
        let due = stores[0].due(NOW, 99).await.unwrap().refunds;
        let of_this = due.iter().find(|(of, _)| of.facts == refund.facts);
        let payment = of_this.unwrap().1.as_ref().unwrap();
        assert_eq!(payment.version, 2);
    }
}
