//! What the test gateway promises, wherever its books lie.

use async_trait::async_trait;
use futures::future::join_all;
use gateline_adapters::payment::{Books, TestGateway, WebhookSink};
use gateline_common::ids::{OrderId, PaymentId, RefundId};
use gateline_common::{Currency, Money, Timestamp};
use gateline_core::payments::{
    Charge, ChargeRequest, Gateway, GatewayError, Method, Notice, Outcome, RefundOutcome,
    RefundRequest, TestMethod,
};
use gateline_core::shared::clock::ManualClock;
use std::sync::{Arc, Mutex};
use uuid::Uuid;

macro_rules! test_gateway_promises {
    ($open:path) => {
        $crate::promises!(test_gateway, open_books:
            a_key_is_charged_once_however_often_it_is_asked,
            an_open_charge_can_be_given_up_and_a_decided_one_cannot,
            a_late_payment_is_told_twice_when_it_is_there_and_until_it_is_taken,
            a_charge_that_pays_twice_has_two_references_and_keeps_both,
            refunds_go_back_once_per_key_and_never_more_than_the_charge,
            a_restart_loses_nothing_of_the_books,
        );

        async fn open_books() -> $crate::contract::test_gateway::Shelf {
            let (books, keep) = $open().await;
            $crate::contract::test_gateway::Shelf {
                books: std::sync::Arc::new(books),
                _keep: Box::new(keep),
            }
        }
    };
}

/// Books, and what must live as long as they are used.
pub(crate) struct Shelf {
    pub(crate) books: Arc<dyn Books>,
    pub(crate) _keep: Box<dyn std::any::Any>,
}

const PAY_BY: Timestamp = Timestamp(5_000);

impl Shelf {
    fn gateway(&self) -> (TestGateway, Arc<ManualClock>) {
        let clock = Arc::new(ManualClock::new(Timestamp(1_000)));
        (TestGateway::new(self.books.clone(), clock.clone()), clock)
    }
}

fn order() -> OrderId {
    OrderId(Uuid::from_u128(1))
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn request(key: u128, method: TestMethod) -> ChargeRequest {
    ChargeRequest {
        key: PaymentId(Uuid::from_u128(key)),
        order: order(),
        order_code: "ABCDEF".into(),
        amount: eur(100),
        method: Method::Test(method),
        pay_by: PAY_BY,
    }
}

fn back(key: u128, of: &Charge, minor: i64) -> RefundRequest {
    RefundRequest {
        key: RefundId(Uuid::from_u128(key)),
        reference: of.reference.clone(),
        amount: eur(minor),
    }
}

fn is_refused<T>(result: &Result<T, GatewayError>) -> bool {
    matches!(result, Err(GatewayError::Refused(_)))
}

/// Reads webhooks as the gateway's own path does; takes them or not.
struct Reader<'a> {
    gateway: &'a TestGateway,
    takes: bool,
    read: Mutex<Vec<Notice>>,
}

impl<'a> Reader<'a> {
    async fn of(gateway: &'a TestGateway, takes: bool) -> Vec<Notice> {
        let read = Mutex::default();
        let reader = Self {
            gateway,
            takes,
            read,
        };
        gateway.send_due(&reader).await.unwrap();
        reader.read.into_inner().unwrap()
    }
}

#[async_trait]
impl WebhookSink for Reader<'_> {
    async fn take(&self, gateway: &str, signature: &str, body: &[u8]) -> Result<(), String> {
        assert_eq!(gateway, "test");
        let forged = self.gateway.read_webhook(&"00".repeat(32), body);
        assert_eq!(forged, Err(GatewayError::BadSignature));
        let notice = self.gateway.read_webhook(signature, body).unwrap();
        self.read.lock().unwrap().push(notice);
        self.takes.then_some(()).ok_or_else(|| "not now".to_owned())
    }
}

pub(crate) async fn a_key_is_charged_once_however_often_it_is_asked(shelf: Shelf) {
    let (here, there) = (shelf.gateway().0, shelf.gateway().0);
    for key in 1..=10 {
        let request = request(key, TestMethod::Pays);
        let charging = [&here, &there, &here].map(|gateway| gateway.charge(&request));
        let charges = join_all(charging).await;
        for charge in &charges {
            assert_eq!(charge.as_ref().unwrap().outcome, Outcome::Succeeded);
            assert_eq!(charge, &charges[0]);
        }
        let kept = here.kept_minor(order()).await.unwrap();
        assert_eq!(Ok(kept), i64::try_from(key * 100));
    }
    let unknown = PaymentId(Uuid::from_u128(99));
    assert_eq!(here.state(unknown).await, Ok(None));
    assert_eq!(here.cancel(unknown).await, Ok(None));
}

pub(crate) async fn an_open_charge_can_be_given_up_and_a_decided_one_cannot(shelf: Shelf) {
    let (gateway, _) = shelf.gateway();
    for (key, method) in [(1, TestMethod::Pays), (2, TestMethod::Declines)] {
        let request = request(key, method);
        let charge = gateway.charge(&request).await.unwrap();
        assert_eq!(gateway.cancel(request.key).await, Ok(Some(charge)));
    }
    let open = request(3, TestMethod::NeverPays);
    let charge = gateway.charge(&open).await.unwrap();
    assert_eq!(charge.outcome, Outcome::Pending);
    let given_up = gateway.cancel(open.key).await.unwrap().unwrap();
    assert!(matches!(given_up.outcome, Outcome::Failed(_)));
    assert_eq!(gateway.state(open.key).await, Ok(Some(given_up.clone())));
    assert_eq!(gateway.charge(&open).await, Ok(given_up));
    assert_eq!(gateway.kept_minor(order()).await, Ok(100));
}

pub(crate) async fn a_late_payment_is_told_twice_when_it_is_there_and_until_it_is_taken(
    shelf: Shelf,
) {
    let (gateway, clock) = shelf.gateway();
    let late = request(1, TestMethod::PaysLate);
    let charge = gateway.charge(&late).await.unwrap();
    assert_eq!(charge.outcome, Outcome::Pending);
    assert_eq!(Reader::of(&gateway, true).await, []);
    clock.advance_ms(10_000);
    let paid = Notice {
        key: late.key,
        charge: Charge {
            outcome: Outcome::Succeeded,
            ..charge
        },
    };
    let told = [paid.clone(), paid];
    assert_eq!(Reader::of(&gateway, false).await, told);
    assert_eq!(Reader::of(&gateway, false).await, [], "not at once again");
    clock.advance_ms(1_000);
    assert_eq!(Reader::of(&gateway, true).await, told);
    clock.advance_ms(100_000);
    assert_eq!(Reader::of(&gateway, true).await, []);
}

pub(crate) async fn a_charge_that_pays_twice_has_two_references_and_keeps_both(shelf: Shelf) {
    let (gateway, _) = shelf.gateway();
    let twice = request(1, TestMethod::PaysTwice);
    let charge = gateway.charge(&twice).await.unwrap();
    assert_eq!(gateway.state(twice.key).await, Ok(Some(charge.clone())));
    let told = Reader::of(&gateway, true).await;
    assert_eq!(told.len(), 4);
    let others = told.iter().filter(|notice| notice.charge != charge);
    assert_eq!(others.count(), 2);
    assert_eq!(gateway.kept_minor(order()).await, Ok(200));
}

pub(crate) async fn refunds_go_back_once_per_key_and_never_more_than_the_charge(shelf: Shelf) {
    let (here, there) = (shelf.gateway().0, shelf.gateway().0);
    let charge = here.charge(&request(1, TestMethod::Pays)).await.unwrap();
    let first = back(1, &charge, 60);
    for _ in 0..2 {
        assert_eq!(here.refund(&first).await, Ok(RefundOutcome::Completed));
    }
    assert_eq!(here.kept_minor(order()).await, Ok(40));
    assert!(is_refused(&here.refund(&back(2, &charge, 41)).await));
    let other = Charge {
        reference: "another".into(),
        ..charge
    };
    assert!(is_refused(&here.refund(&back(3, &other, 1)).await));
    let open = here.charge(&request(2, TestMethod::NeverPays)).await;
    let open = open.unwrap();
    assert!(is_refused(&here.refund(&back(4, &open, 1)).await));
    for round in 10..30 {
        let charge = here.charge(&request(round, TestMethod::Pays)).await;
        let charge = charge.unwrap();
        let (one, two) = (
            back(round * 2, &charge, 60),
            back(round * 2 + 1, &charge, 60),
        );
        let (one, two) = futures::join!(here.refund(&one), there.refund(&two));
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        assert!(is_refused(&one) || is_refused(&two), "{one:?} {two:?}");
    }
    assert_eq!(here.kept_minor(order()).await, Ok(40 + 20 * 40));
}

pub(crate) async fn a_restart_loses_nothing_of_the_books(shelf: Shelf) {
    let (before, _) = shelf.gateway();
    let late = request(1, TestMethod::PaysLate);
    let charge = before.charge(&late).await.unwrap();
    drop(before);
    let (after, clock) = shelf.gateway();
    assert_eq!(after.state(late.key).await, Ok(Some(charge)));
    clock.advance_ms(10_000);
    assert_eq!(Reader::of(&after, true).await.len(), 2);
    assert_eq!(after.kept_minor(order()).await, Ok(100));
}
