//! The promises of `PaymentStore`.

use gateline_common::bus::{Buyer, OrderFacts, OrderStatus, RefundFacts};
use gateline_common::ids::{EventId, OrderId, OrgId, PaymentId, RefundId, UserId};
use gateline_common::{Currency, Hash, Money, Timestamp};
use gateline_core::payments::{
    Begin, Change, Method, Payment, PaymentError, PaymentStatus, PaymentStore, Refund,
    RefundStatus, TestMethod,
};
use gateline_core::shared::{Commit, IdempotencyKey, StoreError};
use uuid::Uuid;

macro_rules! payment_promises {
    ($open:path) => {
        $crate::store_promises!(payments, $open:
            a_payment_begins_by_the_newest_facts_and_once_per_key,
            closing_tells_what_was_taken_and_is_seen_by_what_begins,
            a_second_charge_is_stored_once,
            open_payments_of_a_finished_order_are_due_at_once,
            a_refund_is_stored_once_and_completed_once,
        );
    };
}

pub(super) const NOW: Timestamp = Timestamp(1_000);
pub(super) const PRICE: Money = Money::new(100, Currency::EUR);

pub(crate) fn facts(status: OrderStatus) -> OrderFacts {
    OrderFacts {
        order: OrderId(Uuid::from_u128(1)),
        code: "ABCDEF".into(),
        event: EventId(7),
        org: OrgId(Uuid::from_u128(3)),
        buyer: Buyer {
            user: UserId(Uuid::from_u128(4)),
            email: "ada@example.org".into(),
            name: "Ada".into(),
        },
        lines: Vec::new(),
        total: PRICE,
        status,
        expires_at: Timestamp(5_000),
        test: false,
    }
}

pub(super) fn payment(n: u128, status: PaymentStatus) -> Payment {
    let facts = facts(OrderStatus::Created);
    Payment {
        id: PaymentId(Uuid::from_u128(n)),
        order: facts.order,
        order_code: facts.code,
        org: facts.org,
        buyer: facts.buyer.user,
        gateway: "test".into(),
        method: Method::Test(TestMethod::Pays),
        amount: PRICE,
        status,
        failure: None,
        reference: Some("r".into()),
        test: true,
        repeats: None,
        pay_by: facts.expires_at,
        created_at: NOW,
        settled_at: None,
        check_at: Some(Timestamp(9_000)),
        checks: 0,
        version: 1,
    }
}

pub(super) fn beginning(payment: Payment, version: u64) -> Begin {
    Begin {
        facts: facts(OrderStatus::Created),
        version,
        key: None,
        decide: Box::new(move |_| Ok(payment.clone())),
    }
}

pub(crate) async fn a_payment_begins_by_the_newest_facts_and_once_per_key(
    store: &impl PaymentStore,
) {
    let expired = facts(OrderStatus::Expired);
    store
        .learn_order(&expired, 3, NOW, &Commit::nothing())
        .await
        .unwrap();
    let seen = Begin {
        decide: Box::new(|standing| {
            let status = standing.facts.as_ref().unwrap().status;
            Err(PaymentError::OrderState(status, "seen"))
        }),
        ..beginning(payment(1, PaymentStatus::Starting), 2)
    };
    let seen = store.begin(seen).await;
    assert_eq!(
        seen,
        Err(PaymentError::OrderState(OrderStatus::Expired, "seen"))
    );
    let key = Some(IdempotencyKey {
        scope: "user:4".into(),
        key: "k".into(),
        fingerprint: Hash([1; 32]),
    });
    let first = payment(1, PaymentStatus::Starting);
    for (n, expected) in [
        (1, Ok(first.clone())),
        (2, Err(StoreError::AlreadyAnswered.into())),
    ] {
        let begin = Begin {
            key: key.clone(),
            ..beginning(payment(n, PaymentStatus::Starting), 4)
        };
        assert_eq!(store.begin(begin).await, expected);
    }
    assert_eq!(store.of_order(first.order).await, Ok(vec![first]));
}

pub(crate) async fn closing_tells_what_was_taken_and_is_seen_by_what_begins(
    store: &impl PaymentStore,
) {
    let order = facts(OrderStatus::Created).order;
    assert_eq!(store.taken(order, None).await, Ok(vec![]));
    for (n, status) in [
        (1, PaymentStatus::Starting),
        (2, PaymentStatus::Pending),
        (3, PaymentStatus::Succeeded),
        (4, PaymentStatus::Failed),
    ] {
        let begun = store.begin(beginning(payment(n, status), 1));
        begun.await.unwrap();
    }
    let taken = vec![PaymentId(Uuid::from_u128(1)), PaymentId(Uuid::from_u128(3))];
    assert_eq!(store.taken(order, Some(Timestamp(5_000))).await, Ok(taken));
    let late = Begin {
        decide: Box::new(|standing| {
            assert_eq!(standing.closed, Some(Timestamp(5_000)));
            assert_eq!(standing.payments.len(), 4);
            Err(PaymentError::OrderExpired)
        }),
        ..beginning(payment(5, PaymentStatus::Starting), 1)
    };
    assert_eq!(store.begin(late).await, Err(PaymentError::OrderExpired));
}

pub(crate) async fn a_second_charge_is_stored_once(store: &impl PaymentStore) {
    let first = payment(1, PaymentStatus::Succeeded);
    let begun = store.begin(beginning(first.clone(), 1));
    begun.await.unwrap();
    for _ in 0..2 {
        let change = Change {
            payment: first.clone(),
            second: Some(payment(2, PaymentStatus::Succeeded)),
        };
        let decide = Box::new(move |_: &Payment| Some(change.clone()));
        assert_eq!(store.change(first.id, NOW, decide).await, Ok(first.clone()));
    }
    assert_eq!(store.of_order(first.order).await.unwrap().len(), 2);
    let unknown = PaymentId(Uuid::from_u128(9));
    let unknown = store.change(unknown, NOW, Box::new(|_| None)).await;
    assert_eq!(unknown, Err(PaymentError::NotFound));
}

pub(crate) async fn open_payments_of_a_finished_order_are_due_at_once(store: &impl PaymentStore) {
    let open = payment(1, PaymentStatus::Pending);
    let begun = store.begin(beginning(open.clone(), 1));
    begun.await.unwrap();
    assert_eq!(store.next().await, Ok(Some(Timestamp(9_000))));
    assert_eq!(store.due(NOW, 9).await.unwrap().payments, []);
    for version in [2, 2] {
        let cancelled = facts(OrderStatus::Cancelled);
        store
            .learn_order(&cancelled, version, NOW, &Commit::nothing())
            .await
            .unwrap();
    }
    let due = store.due(NOW, 9).await.unwrap().payments;
    assert_eq!(due.len(), 1);
    assert_eq!(due[0].0.id, open.id);
    let standing = due[0].1.facts.as_ref().unwrap();
    assert_eq!(standing.status, OrderStatus::Cancelled);
}

pub(crate) async fn a_refund_is_stored_once_and_completed_once(store: &impl PaymentStore) {
    let paid = payment(1, PaymentStatus::Succeeded);
    let begun = store.begin(beginning(paid.clone(), 1));
    begun.await.unwrap();
    let asked = Refund {
        facts: RefundFacts {
            refund: RefundId(Uuid::from_u128(8)),
            payment: paid.id,
            order: paid.order,
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
    };
    for _ in 0..2 {
        store.add_refund(&asked, &Commit::nothing()).await.unwrap();
    }
    let due = store.due(NOW, 9).await.unwrap().refunds;
    assert_eq!(due, vec![(asked.clone(), Some(paid.clone()))]);
    let done = Refund {
        status: RefundStatus::Completed,
        completed_at: Some(NOW),
        try_at: None,
        ..asked.clone()
    };
    store.save_refund(&done, &Commit::nothing()).await.unwrap();
    // A slower attempt that failed does not open it again.
    store.save_refund(&asked, &Commit::nothing()).await.unwrap();
    assert_eq!(store.refund_of(paid.id).await, Ok(Some(done.clone())));
    assert_eq!(store.find_refund(done.facts.refund).await, Ok(Some(done)));
    assert_eq!(store.due(Timestamp(i64::MAX), 9).await.unwrap().refunds, []);
}
