//! Paying a completed order back, and hearing that the money went back.

use super::{Change, Order, OrderError, Orders, Refund, Wish};
use crate::shared::{OrgRole, Principal};
use gateline_common::bus::{BusEvent, OrderStatus, RefundFacts};
use gateline_common::ids::{OrderId, PaymentId, RefundId};
use gateline_common::{Money, Timestamp};
use uuid::Uuid;

/// The refund of `payment`. There is one per payment: its id follows from the
/// payment's.
pub(super) fn refund_of(
    payment: PaymentId,
    amount: Money,
    why: &str,
    voids_order: bool,
    now: Timestamp,
) -> Refund {
    Refund {
        id: RefundId(Uuid::new_v5(&payment.0, b"refund")),
        payment,
        amount,
        reason: why.to_owned(),
        voids_order,
        event_cancelled: false,
        requested_at: now,
        completed_at: None,
    }
}

/// The organizer pays a completed order back; `None` if that was asked before.
/// A free order is "paid back" nothing, on the same way, so that its tickets
/// end; it stands in for its own payment.
pub(super) fn refund_requested(
    order: &Order,
    why: &str,
    now: Timestamp,
) -> Result<Option<Change>, OrderError> {
    if order.voiding_refund().is_some() {
        return Ok(None);
    }
    if order.status != OrderStatus::Completed {
        let why = "only a completed order can be refunded";
        return Err(OrderError::State(order.status, why));
    }
    let payment = order.paid_by.unwrap_or(PaymentId(order.id.0));
    let refund = refund_of(payment, order.total, why, true, now);
    let facts = order.refund_facts(&refund);
    let mut order = order.clone();
    order.refunds.push(refund);
    let mut change = Change::to(order).telling(BusEvent::OrderUpdated);
    change.events.push(BusEvent::RefundRequested(facts));
    Ok(Some(change))
}

/// The money of `facts` went back. If the order ends with it, what it had
/// bought can be sold again.
pub(super) fn refund_completed(
    order: &Order,
    facts: &RefundFacts,
    now: Timestamp,
) -> Option<Change> {
    let mut after = order.clone();
    let refund = after
        .refunds
        .iter_mut()
        .find(|refund| refund.id == facts.refund && refund.completed_at.is_none())?;
    refund.completed_at = Some(now);
    if !refund.voids_order {
        return Some(Change::to(after).telling(BusEvent::OrderUpdated));
    }
    after.status = OrderStatus::Refunded;
    let moves = order.moves(|n| (0, -n));
    Some(
        Change::to(after)
            .moving(moves)
            .telling(BusEvent::OrderUpdated),
    )
}

impl Orders {
    /// Asks for the refund of a completed order, as an organizer or admin. The
    /// order is `Refunded` when the money has gone back.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for its buyer; `State` unless it is completed.
    pub async fn refund(
        &self,
        caller: &Principal,
        id: OrderId,
        reason: Option<String>,
    ) -> Result<Order, OrderError> {
        let order = self.get(caller, id).await?;
        if !caller.is(OrgRole::Organizer, order.org) {
            return Err(OrderError::Forbidden);
        }
        let reason = reason.unwrap_or_else(|| "The organizer refunded the order.".to_owned());
        if reason.is_empty() || reason.chars().count() > 500 {
            let message = "a reason has 1 to 500 characters";
            return Err(OrderError::field("reason", message));
        }
        let now = self.clock.now();
        let wish = Wish::new(now, move |view| {
            let order = view.order.as_ref().ok_or(OrderError::NotFound)?;
            refund_requested(order, &reason, now)
        });
        self.store.change(id, wish).await
    }
}
