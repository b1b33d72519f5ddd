//! What an answer or a notice of the gateway makes of a payment.
//!
//! Always true: success is never taken back by a later failure, a second charge
//! for the same key becomes a payment of its own (so that it can be refunded),
//! and the same news twice changes nothing.

use super::{Change, Charge, Outcome, Payment, PaymentStatus};
use gateline_common::Timestamp;
use gateline_common::ids::PaymentId;
use uuid::Uuid;

const FIRST_POLL_MS: i64 = 15_000;
const LONGEST_POLL_MS: i64 = 3_600_000;

/// `payment` after the gateway said `charge`; `None` if it changes nothing.
pub(super) fn settled(payment: &Payment, charge: &Charge, now: Timestamp) -> Option<Change> {
    let known = payment.reference.as_ref();
    let another = known.is_some_and(|known| *known != charge.reference);
    if another && payment.status == PaymentStatus::Succeeded {
        return second(payment, charge, now);
    }
    let status = match &charge.outcome {
        Outcome::Succeeded => PaymentStatus::Succeeded,
        Outcome::Pending => PaymentStatus::Pending,
        Outcome::Failed(_) => PaymentStatus::Failed,
    };
    let news = match (payment.status, status) {
        (PaymentStatus::Succeeded, _) => false,
        (PaymentStatus::Failed, new) => new == PaymentStatus::Succeeded,
        (old, new) => old != new,
    };
    if !news {
        let still_open = payment.status == PaymentStatus::Pending;
        return still_open.then(|| postponed(payment, now)).flatten();
    }
    let mut after = payment.clone();
    after.status = status;
    if !charge.reference.is_empty() {
        after.reference = Some(charge.reference.clone());
    }
    after.version += 1;
    after.checks = 0;
    after.check_at = None;
    after.failure = None;
    match &charge.outcome {
        Outcome::Succeeded => {
            after.amount = charge.amount;
            after.settled_at = Some(now);
        }
        Outcome::Pending => after.check_at = Some(now.plus_ms(FIRST_POLL_MS)),
        Outcome::Failed(words) => {
            after.failure = Some(words.clone());
            after.settled_at = Some(now);
        }
    }
    Some(Change {
        payment: after,
        second: None,
    })
}

/// `payment`, to be asked for again later; the pauses grow to an hour.
pub(super) fn postponed(payment: &Payment, now: Timestamp) -> Option<Change> {
    payment.check_at?;
    let mut after = payment.clone();
    let pause_ms = FIRST_POLL_MS.saturating_mul(1 << payment.checks.min(12));
    after.check_at = Some(now.plus_ms(pause_ms.min(LONGEST_POLL_MS)));
    after.checks += 1;
    after.version += 1;
    Some(Change {
        payment: after,
        second: None,
    })
}

fn second(payment: &Payment, charge: &Charge, now: Timestamp) -> Option<Change> {
    if charge.outcome != Outcome::Succeeded {
        return None;
    }
    let id = PaymentId(Uuid::new_v5(&payment.id.0, charge.reference.as_bytes()));
    let second = Payment {
        id,
        amount: charge.amount,
        reference: Some(charge.reference.clone()),
        repeats: Some(payment.id),
        created_at: now,
        settled_at: Some(now),
        version: 1,
        ..payment.clone()
    };
    Some(Change {
        payment: payment.clone(),
        second: Some(second),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payments::{Method, TestMethod};
    use gateline_common::ids::{OrderId, OrgId, UserId};
    use gateline_common::{Currency, Money};

    fn starting() -> Payment {
        Payment {
            id: PaymentId(Uuid::from_u128(1)),
            order: OrderId(Uuid::from_u128(2)),
            order_code: "ABCDEF".into(),
            org: OrgId(Uuid::from_u128(3)),
            buyer: UserId(Uuid::from_u128(4)),
            gateway: "test".into(),
            method: Method::Test(TestMethod::Pays),
            amount: Money::new(100, Currency::EUR),
            status: PaymentStatus::Starting,
            failure: None,
            reference: None,
            test: true,
            repeats: None,
            pay_by: Timestamp(1_000),
            created_at: Timestamp(0),
            settled_at: None,
            check_at: Some(Timestamp(10)),
            checks: 0,
            version: 1,
        }
    }

    fn said(reference: &str, outcome: Outcome) -> Charge {
        Charge {
            reference: reference.into(),
            amount: Money::new(100, Currency::EUR),
            outcome,
        }
    }

    fn after(payment: &Payment, reference: &str, outcome: Outcome) -> Payment {
        let change = settled(payment, &said(reference, outcome), Timestamp(5));
        change.unwrap().payment
    }

    #[test]
    fn success_is_told_once_and_never_taken_back() {
        let paid = after(&starting(), "a", Outcome::Succeeded);
        assert_eq!(paid.status, PaymentStatus::Succeeded);
        assert_eq!(paid.check_at, None);
        for news in [
            Outcome::Succeeded,
            Outcome::Pending,
            Outcome::Failed("no".into()),
        ] {
            assert_eq!(settled(&paid, &said("a", news), Timestamp(6)), None);
        }
    }

    #[test]
    fn a_charge_that_failed_may_still_succeed_but_not_become_open_again() {
        let failed = after(&starting(), "a", Outcome::Failed("no".into()));
        assert_eq!(
            settled(&failed, &said("a", Outcome::Pending), Timestamp(6)),
            None
        );
        let paid = after(&failed, "a", Outcome::Succeeded);
        assert_eq!(paid.status, PaymentStatus::Succeeded);
        assert_eq!(paid.failure, None);
    }

    #[test]
    fn a_second_charge_for_the_same_key_is_a_payment_of_its_own() {
        let paid = after(&starting(), "a", Outcome::Succeeded);
        let change = settled(&paid, &said("b", Outcome::Succeeded), Timestamp(6)).unwrap();
        assert_eq!(change.payment, paid);
        let second = change.second.unwrap();
        assert_eq!(second.repeats, Some(paid.id));
        assert_ne!(second.id, paid.id);
        let again = settled(&paid, &said("b", Outcome::Succeeded), Timestamp(7)).unwrap();
        assert_eq!(again.second.unwrap().id, second.id);
    }

    #[test]
    fn an_open_charge_is_asked_for_again_with_growing_pauses() {
        let mut payment = after(&starting(), "a", Outcome::Pending);
        let mut before = 0;
        for _ in 0..20 {
            payment = after(&payment, "a", Outcome::Pending);
            let pause = payment.check_at.unwrap().0 - 5;
            assert!(pause >= before && pause <= LONGEST_POLL_MS);
            before = pause;
        }
        assert_eq!(before, LONGEST_POLL_MS);
    }
}
