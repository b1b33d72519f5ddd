//! What the order of two things must not change, one example each: a payment and
//! the end of its time, a charge and a change of the order, an intent and its
//! answer.

use super::stores::Stores;
use super::{HOLD_MS, Market, Step, caller, wanted};
use gateline_adapters::same_process::ChargesHere;
use gateline_common::Timestamp;
use gateline_common::bus::OrderStatus;
use gateline_common::ids::PaymentId;
use gateline_core::orders::{self, Charges, Order};
use gateline_core::payments::{self, Method, TestMethod};
use gateline_core::shared::Clock;
use uuid::Uuid;

macro_rules! on_each_kind_of_store {
    ($($race:ident),+ $(,)?) => {
        mod embedded {
            $(#[tokio::test]
            async fn $race() {
                super::$race(super::Stores::embedded().await).await;
            })+
        }
        mod distributed {
            $(#[tokio::test]
            async fn $race() {
                super::$race(super::Stores::distributed().await).await;
            })+
        }
    };
}

on_each_kind_of_store!(
    expiry_waits_for_a_payment_that_was_taken_in_time,
    the_lines_of_an_order_stay_as_they_are_while_the_gateway_has_its_charge,
    no_charge_begins_after_expiry_has_looked_for_charges,
    a_charge_whose_answer_was_lost_is_asked_for_by_its_key,
);

/// The order of expiry and payment: the charge was taken in time, but its news
/// is slower than the end of the time.
async fn expiry_waits_for_a_payment_that_was_taken_in_time(stores: Stores) {
    let mut market = Market::open(stores, 2, None).await;
    market.take(Step::Place(0, 2)).await;
    market.take(Step::Pay(0, TestMethod::Pays)).await;
    let due = market.waiting().await;
    let expiration = &market.consumers[2];
    for (_, entry) in &due {
        expiration.deliver(&entry.envelope).await.unwrap();
    }
    market.clock.advance_ms(HOLD_MS);
    market.expiration.tell_due().await.unwrap();
    let due = market.waiting().await;
    let find = |kind: &str| {
        let mut events = due.iter().map(|(_, entry)| &entry.envelope);
        events
            .find(|event| event.body.kind() == kind)
            .unwrap()
            .clone()
    };
    let (deadline, paid) = (find("ExpirationDue"), find("PaymentSucceeded"));
    let orders = &market.consumers[0];
    assert!(orders.deliver(&deadline).await.is_err(), "expiry waits");
    let order = market
        .stores
        .orders
        .find(market.placed[0])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(order.status, OrderStatus::Created);
    orders.deliver(&paid).await.unwrap();
    orders.deliver(&deadline).await.unwrap();
    let order = market
        .stores
        .orders
        .find(market.placed[0])
        .await
        .unwrap()
        .unwrap();
    assert_eq!(order.status, OrderStatus::Completed);
}

/// The gateway has the charge, and orders has not heard of it yet.
async fn the_lines_of_an_order_stay_as_they_are_while_the_gateway_has_its_charge(stores: Stores) {
    let mut market = Market::open(stores, 4, None).await;
    market.take(Step::Place(0, 1)).await;
    market.take(Step::Pay(0, TestMethod::PaysLate)).await;
    let (order, lines) = (market.placed[0], wanted(0, 2));
    let changed = market.orders.change_lines(&caller(), order, &lines).await;
    let refused = matches!(changed, Err(orders::OrderError::State(..)));
    assert!(refused, "{changed:?}");
}

/// Once expiry has looked, no charge begins: there is nothing that it missed.
async fn no_charge_begins_after_expiry_has_looked_for_charges(stores: Stores) {
    let mut market = Market::open(stores, 2, None).await;
    market.take(Step::Place(0, 1)).await;
    let order = market
        .stores
        .orders
        .find(market.placed[0])
        .await
        .unwrap()
        .unwrap();
    let charges = ChargesHere(market.stores.payments.clone());
    assert_eq!(charges.close(order.id, order.expires_at).await, Ok(vec![]));
    let method = Method::Test(TestMethod::Pays);
    let caller = caller();
    let refused = market.payments.start(&caller, order.id, method, None);
    let refused = refused.await.unwrap_err();
    assert_eq!(refused, payments::PaymentError::OrderExpired);
}

/// The process ended between the intent and the gateway's answer.
async fn a_charge_whose_answer_was_lost_is_asked_for_by_its_key(stores: Stores) {
    let mut market = Market::open(stores, 2, None).await;
    market.take(Step::Place(0, 1)).await;
    let id = market.placed[0];
    let order = market.stores.orders.find(id).await.unwrap().unwrap();
    let (facts, version) = (order.facts(), order.version);
    let store = market.stores.payments.clone();
    let now = market.clock.now();
    let intent = intent(&order, now);
    let begin = payments::Begin {
        facts,
        version,
        key: None,
        decide: Box::new({
            let intent = intent.clone();
            move |_| Ok(intent.clone())
        }),
    };
    store.begin(begin).await.unwrap();
    assert_eq!(store.taken(id, None).await, Ok(vec![intent.id]));
    market.clock.advance_ms(20_000);
    market.payments.work_off().await.unwrap();
    let found = store.find(intent.id).await.unwrap().unwrap();
    assert_eq!(found.status, payments::PaymentStatus::Succeeded);
    market.settle().await;
    market.assert_books_are_right().await;
    assert_eq!(market.gateway.kept_minor(id).await, Ok(1_000));
}

fn intent(order: &Order, now: Timestamp) -> payments::Payment {
    payments::Payment {
        id: PaymentId(Uuid::from_u128(99)),
        order: order.id,
        order_code: order.code.clone(),
        org: order.org,
        buyer: order.buyer.user,
        gateway: "test".into(),
        method: Method::Test(TestMethod::Pays),
        amount: order.total,
        status: payments::PaymentStatus::Starting,
        failure: None,
        reference: None,
        test: true,
        repeats: None,
        pay_by: order.expires_at,
        created_at: now,
        settled_at: None,
        check_at: Some(now.plus_ms(20_000)),
        checks: 0,
        version: 1,
    }
}
