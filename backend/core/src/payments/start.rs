//! Starting a charge: the intent first, then the gateway.

use super::model::is_unpaid;
use super::{Begin, Method, OrderStanding, Payment, PaymentError, PaymentStatus, Payments};
use crate::shared::idempotency::replay;
use crate::shared::trace::Place;
use crate::shared::{IdempotencyKey, Principal, StoreError, random};
use gateline_common::Timestamp;
use gateline_common::ids::{OrderId, PaymentId};
use std::time::Duration;

const MOST_ATTEMPTS: usize = 20;
/// Longer than a call to the gateway may take: then the job asks.
const FIRST_CHECK_MS: i64 = 20_000;
/// How long a buyer waits for the gateway before hearing that it is under way.
const ANSWER_WAIT: Duration = Duration::from_secs(10);

/// May a charge of the order begin at `now`?
fn chargeable(standing: &OrderStanding, now: Timestamp) -> Result<(), PaymentError> {
    let facts = standing.facts.as_ref().ok_or(PaymentError::NotFound)?;
    if !is_unpaid(facts) {
        use gateline_common::bus::OrderStatus;
        return Err(match facts.status {
            OrderStatus::Expired => PaymentError::OrderExpired,
            status => PaymentError::OrderState(status, "this order needs no payment"),
        });
    }
    let closed = standing.closed;
    if now >= facts.expires_at || closed.is_some_and(|closed| closed >= facts.expires_at) {
        return Err(PaymentError::OrderExpired);
    }
    let mut kept = standing.payments.iter().filter(|payment| {
        let goes_back = standing.refunded.contains(&payment.id);
        payment.is_taken() && !goes_back
    });
    if kept.next().is_some() {
        return Err(PaymentError::UnderWay);
    }
    if standing.payments.len() >= MOST_ATTEMPTS {
        return Err(PaymentError::TooManyAttempts);
    }
    Ok(())
}

impl Payments {
    /// Charges the caller's order, and answers when the gateway has, or with
    /// the payment as it stands after ten seconds.
    ///
    /// # Errors
    /// `NotFound`, `OrderState`, `OrderExpired`, `UnderWay`; `Declined`.
    pub async fn start(
        &self,
        caller: &Principal,
        order: OrderId,
        method: Method,
        key: Option<IdempotencyKey>,
    ) -> Result<Payment, PaymentError> {
        let (facts, _) = self
            .orders
            .current(order)
            .await?
            .filter(|(facts, _)| facts.buyer.user == caller.user)
            .ok_or(PaymentError::NotFound)?;
        let gateway = self.gateway.as_ref().ok_or(PaymentError::NoGateway)?;
        if !gateway.offers(method) {
            return Err(PaymentError::Method);
        }
        let now = self.clock.now();
        let payment = Payment {
            id: PaymentId(random::uuid(now)),
            order,
            order_code: facts.code.clone(),
            org: facts.org,
            buyer: caller.user,
            gateway: gateway.name().to_owned(),
            method,
            amount: facts.total,
            status: PaymentStatus::Starting,
            failure: None,
            reference: None,
            test: gateway.test(),
            repeats: None,
            pay_by: facts.expires_at,
            created_at: now,
            settled_at: None,
            check_at: Some(now.plus_ms(FIRST_CHECK_MS)),
            checks: 0,
            version: 1,
        };
        let payment = match self.begin(payment, key.clone()).await {
            Ok(payment) => self.charge_now(payment).await?,
            Err(PaymentError::Store(StoreError::AlreadyAnswered)) => self.replayed(key).await?,
            Err(other) => return Err(other),
        };
        declined(payment)
    }

    /// Stores the intent, for what the order costs once its lines are held: it
    /// can no longer come to cost something else while it is being charged.
    async fn begin(
        &self,
        payment: Payment,
        key: Option<IdempotencyKey>,
    ) -> Result<Payment, PaymentError> {
        let (id, order, now) = (payment.id, payment.order, payment.created_at);
        let held = self.orders.hold(order, id).await?;
        let (facts, version) = held.ok_or(PaymentError::NotFound)?;
        let begin = Begin {
            facts: super::model::nameless(&facts),
            version,
            key,
            decide: Box::new(move |standing| {
                chargeable(standing, now)?;
                let facts = standing.facts.as_ref().ok_or(PaymentError::NotFound)?;
                Ok(Payment {
                    amount: facts.total,
                    ..payment.clone()
                })
            }),
        };
        let begun = self.store.begin(begin).await;
        if begun.is_err()
            && let Err(error) = self.orders.release(order, id).await
        {
            // The order can still be paid, and ends with its time.
            tracing::warn!(%order, %error, "the lines of an order stay held");
        }
        begun
    }

    /// Charges in a task of its own, which goes on when the buyer does not
    /// wait. If the whole process ends, the job takes over.
    async fn charge_now(&self, payment: Payment) -> Result<Payment, PaymentError> {
        let id = payment.id;
        let own = self.clone();
        let place = Place::here();
        let task = tokio::spawn(async move { place.around(own.charge(&payment)).await });
        match tokio::time::timeout(ANSWER_WAIT, task).await {
            Ok(Ok(Ok(payment))) => Ok(payment),
            // What the gateway said is unknown; the job will ask.
            Ok(Ok(Err(PaymentError::Gateway(_))) | Err(_)) | Err(_) => self.current(id).await,
            Ok(Ok(Err(other))) => Err(other),
        }
    }

    async fn replayed(&self, key: Option<IdempotencyKey>) -> Result<Payment, PaymentError> {
        let before: Option<Payment> = replay(self.answers.as_ref(), key.as_ref()).await?;
        let before = before.ok_or(StoreError::AlreadyAnswered)?;
        let current = self.current(before.id).await?;
        if current.status == PaymentStatus::Starting {
            // The gateway knows the key: this charges nothing twice.
            return self.charge_now(current).await;
        }
        Ok(current)
    }

    async fn current(&self, id: PaymentId) -> Result<Payment, PaymentError> {
        self.store.find(id).await?.ok_or(PaymentError::NotFound)
    }
}

fn declined(payment: Payment) -> Result<Payment, PaymentError> {
    if payment.status != PaymentStatus::Failed {
        return Ok(payment);
    }
    let words = payment.failure.unwrap_or_else(|| "declined".to_owned());
    Err(PaymentError::Declined(words))
}
