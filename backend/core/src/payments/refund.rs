//! Making refunds, again and again until each is done.

use super::charge::ask;
use super::{
    GatewayError, Payment, PaymentError, Payments, Refund, RefundOutcome, RefundRequest,
    RefundStatus,
};
use crate::shared::{Commit, StoreError};
use gateline_common::Timestamp;
use gateline_common::bus::BusEvent;

const FIRST_PAUSE_MS: i64 = 1_000;
const LONGEST_PAUSE_MS: i64 = 600_000;
/// After so many failures an operator must look.
const ALARM_AFTER: u32 = 5;

/// `refund` after one more failure at `now`.
fn failed(refund: &Refund, now: Timestamp) -> Refund {
    let pause_ms = FIRST_PAUSE_MS.saturating_mul(1 << refund.attempts.min(12));
    Refund {
        attempts: refund.attempts + 1,
        try_at: Some(now.plus_ms(pause_ms.min(LONGEST_PAUSE_MS))),
        ..refund.clone()
    }
}

fn completed(refund: &Refund, now: Timestamp) -> Refund {
    Refund {
        status: RefundStatus::Completed,
        completed_at: Some(now),
        try_at: None,
        ..refund.clone()
    }
}

impl Payments {
    /// Tries `refund` once, and stores how it went.
    pub(super) async fn pay_back(
        &self,
        refund: &Refund,
        payment: Option<&Payment>,
    ) -> Result<(), StoreError> {
        let result = self.ask_back(refund, payment).await;
        let now = self.clock.now();
        let mut commit = Commit::nothing();
        let after = match result {
            Ok(RefundOutcome::Completed) => {
                let body = BusEvent::RefundCompleted(refund.facts.clone());
                let aggregate = format!("refund:{}", refund.facts.refund);
                commit = commit.publishing(aggregate, 2, now, body);
                metrics::counter!("gateline_refunds_total").increment(1);
                completed(refund, now)
            }
            Ok(RefundOutcome::Pending) => failed(refund, now),
            Err(error) => {
                let after = failed(refund, now);
                raise(&after, &error);
                after
            }
        };
        self.store.save_refund(&after, &commit).await
    }

    async fn ask_back(
        &self,
        refund: &Refund,
        payment: Option<&Payment>,
    ) -> Result<RefundOutcome, PaymentError> {
        if refund.facts.amount.minor == 0 {
            return Ok(RefundOutcome::Completed);
        }
        let payment = payment.ok_or(PaymentError::NotFound)?;
        let gateway = self.gateway_of(&payment.gateway)?;
        let reference = payment.reference.clone().ok_or_else(|| {
            GatewayError::Refused("the charge has no reference at the gateway".into())
        })?;
        let request = RefundRequest {
            key: refund.facts.refund,
            reference,
            amount: refund.facts.amount,
        };
        Ok(ask(&gateway, "refund", gateway.refund(&request)).await?)
    }
}

fn raise(refund: &Refund, error: &PaymentError) {
    let id = refund.facts.refund;
    if refund.attempts < ALARM_AFTER {
        tracing::warn!(refund = %id, attempts = refund.attempts, %error, "a refund is tried again");
        return;
    }
    let order = refund.facts.order;
    tracing::error!(refund = %id, %order, attempts = refund.attempts, %error,
        "a refund keeps failing: somebody waits for money");
    metrics::counter!("gateline_payment_alarms_total", "cause" => "refund_failing").increment(1);
}
