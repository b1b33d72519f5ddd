//! Talking to the gateway about one charge.

use super::model::is_unpaid;
use super::settle::{postponed, settled};
use super::{
    Charge, ChargeRequest, Gateway, GatewayError, OrderStanding, Outcome, Payment, PaymentError,
    PaymentStatus, Payments,
};
use crate::shared::trace::{KeyValue, Span, SpanKind};
use std::sync::Arc;
use std::time::Duration;

/// How long a gateway may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(15);

impl Payments {
    /// Charges `payment` and stores the outcome.
    pub(super) async fn charge(&self, payment: &Payment) -> Result<Payment, PaymentError> {
        let gateway = self.gateway_of(&payment.gateway)?;
        let request = ChargeRequest {
            key: payment.id,
            order: payment.order,
            order_code: payment.order_code.clone(),
            amount: payment.amount,
            method: payment.method,
            pay_by: payment.pay_by,
        };
        let charge = match ask(&gateway, "charge", gateway.charge(&request)).await {
            Err(GatewayError::Refused(why)) => {
                tracing::warn!(payment = %payment.id, why, "the gateway refused a charge");
                refused(payment, "The payment could not be made.")
            }
            other => other?,
        };
        self.settle(payment, charge).await
    }

    /// Asks the gateway how `payment` stands; carries on what was interrupted,
    /// and gives up what nobody waits for.
    pub(super) async fn check(
        &self,
        payment: &Payment,
        standing: &OrderStanding,
    ) -> Result<Payment, PaymentError> {
        let gateway = self.gateway_of(&payment.gateway)?;
        let wanted = standing.facts.as_ref().is_some_and(is_unpaid)
            && standing.closed.is_none_or(|closed| closed < payment.pay_by)
            && self.clock.now() < payment.pay_by;
        let state = ask(&gateway, "state", gateway.state(payment.id)).await?;
        let charge = match state {
            Some(charge) if charge.outcome == Outcome::Pending && !wanted => {
                let given_up = ask(&gateway, "cancel", gateway.cancel(payment.id)).await?;
                given_up.unwrap_or(charge)
            }
            Some(charge) => charge,
            None if payment.status == PaymentStatus::Starting && wanted => {
                return self.charge(payment).await;
            }
            None => refused(payment, "The payment was not made."),
        };
        self.settle(payment, charge).await
    }

    async fn settle(&self, payment: &Payment, charge: Charge) -> Result<Payment, PaymentError> {
        let now = self.clock.now();
        let decide = Box::new(move |payment: &Payment| settled(payment, &charge, now));
        let payment = self.store.change(payment.id, now, decide).await?;
        if payment.check_at.is_some() {
            self.work.notify_one();
        }
        Ok(payment)
    }

    /// The gateway did not answer: asks again later.
    pub(super) async fn postpone(&self, payment: &Payment) -> Result<(), PaymentError> {
        let now = self.clock.now();
        let decide = Box::new(move |payment: &Payment| postponed(payment, now));
        self.store.change(payment.id, now, decide).await.map(drop)
    }

    pub(super) fn gateway_of(&self, name: &str) -> Result<Arc<dyn Gateway>, PaymentError> {
        let gateway = self.gateway.as_ref();
        gateway
            .filter(|gateway| gateway.name() == name)
            .cloned()
            .ok_or(PaymentError::NoGateway)
    }
}

fn refused(payment: &Payment, words: &str) -> Charge {
    Charge {
        reference: payment.reference.clone().unwrap_or_default(),
        amount: payment.amount,
        outcome: Outcome::Failed(words.to_owned()),
    }
}

/// Waits for `call`, which asks the gateway for `what`, as long as it may take.
pub(super) async fn ask<T>(
    gateway: &Arc<dyn Gateway>,
    what: &'static str,
    call: impl Future<Output = Result<T, GatewayError>>,
) -> Result<T, GatewayError> {
    let span = Span::begin(SpanKind::Client, format_args!("gateway {what}"));
    span.note(|| [KeyValue::new("gateline.gateway", gateway.name())]);
    let call = tokio::time::timeout(CALL_TIMEOUT, call);
    let answer = match span.place().around(call).await {
        Ok(answer) => answer,
        Err(_) => Err(GatewayError::Unreachable("it took too long".into())),
    };
    match &answer {
        Ok(_) => {}
        Err(GatewayError::Refused(_)) => span.failed(format_args!("refused")),
        Err(_) => span.failed(format_args!("unreachable")),
    }
    answer
}
