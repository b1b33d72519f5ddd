//! What payments say about an order.
//!
//! Always true: a payment that succeeded completes its order, or is refunded,
//! and the order remembers which; hearing of it again changes nothing.

use super::call_off::paid_in_vain;
use super::refund::refund_of;
use super::{Change, OnSale, Order, OrderError, View, Wish};
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, EventStatus, OrderStatus, PaymentFacts};
use gateline_common::ids::PaymentId;

/// A charge of `order` succeeded.
pub(super) fn paid(
    order: &Order,
    event: Option<&OnSale>,
    payment: &PaymentFacts,
    now: Timestamp,
) -> Option<Change> {
    if order.settled.contains(&payment.payment) {
        return None;
    }
    let on = event.is_some_and(|event| event.status == EventStatus::Published);
    let over = event.is_none_or(|event| now >= event.ends_at);
    let mut order = order.clone();
    stop_waiting(&mut order, payment.payment);
    order.settled.push(payment.payment);
    let late = order.status == OrderStatus::Expired;
    if (order.is_unpaid() || late) && payment.amount != order.total {
        let why = "The amount did not match the order.";
        let mut change = returned(order, payment, why, now);
        change.alarm = Some("amount_mismatch");
        return Some(change);
    }
    Some(match order.status {
        OrderStatus::Created | OrderStatus::AwaitingPayment if on => {
            let moves = order.moves(|n| (-n, n));
            completed(order, payment, now).moving(moves)
        }
        OrderStatus::Created | OrderStatus::AwaitingPayment => paid_in_vain(order, payment, now),
        OrderStatus::Expired if on && !over => {
            let moves = order.moves(|n| (0, n));
            let why = "The payment came after the order had expired, and the tickets were gone.";
            let instead = returned(order.clone(), payment, why, now);
            let mut change = completed(order, payment, now).moving(moves);
            change.instead = Some(Box::new(instead));
            change
        }
        OrderStatus::Expired => {
            let why = "The payment came after the order had expired.";
            returned(order, payment, why, now)
        }
        OrderStatus::Completed => returned(order, payment, "The order was already paid.", now),
        OrderStatus::Cancelled => {
            let why = "The payment came after the order was cancelled.";
            returned(order, payment, why, now)
        }
        OrderStatus::Refunded => {
            let why = "The payment came after the order was refunded.";
            returned(order, payment, why, now)
        }
    })
}

/// `payment` is about to charge what `order` costs now. From here on the lines
/// stay as they are until it failed, succeeded or was not begun. Nobody is told:
/// whether there is a charge is the payments' to say. `None` for an order that
/// waits for no money.
pub(super) fn starting(order: &Order, payment: PaymentId) -> Option<Change> {
    if !order.is_unpaid() {
        return None;
    }
    let mut order = order.clone();
    order.starting.push(payment);
    Some(Change::to(order))
}

/// `payment` was not begun after all.
pub(super) fn not_begun(order: &Order, payment: PaymentId) -> Option<Change> {
    if !order.starting.contains(&payment) {
        return None;
    }
    let mut order = order.clone();
    order.starting.retain(|open| *open != payment);
    Some(Change::to(order))
}

/// The gateway holds a charge of `order` open.
pub(super) fn pending(order: &Order, payment: PaymentId) -> Option<Change> {
    let known = [&order.settled, &order.failed, &order.pending];
    if !order.is_unpaid() || known.iter().any(|list| list.contains(&payment)) {
        return None;
    }
    let mut order = order.clone();
    order.starting.retain(|open| *open != payment);
    order.pending.push(payment);
    order.status = OrderStatus::AwaitingPayment;
    Some(Change::to(order).telling(BusEvent::OrderUpdated))
}

/// A charge of `order` failed; the buyer may try again. It may still succeed
/// later, so it is not settled, only no longer waited for.
pub(super) fn failed(order: &Order, payment: PaymentId) -> Option<Change> {
    if order.settled.contains(&payment) || order.failed.contains(&payment) {
        return None;
    }
    let before = order.status;
    let mut order = order.clone();
    order.failed.push(payment);
    stop_waiting(&mut order, payment);
    let told = order.status != before;
    let change = Change::to(order);
    Some(if told {
        change.telling(BusEvent::OrderUpdated)
    } else {
        change
    })
}

fn stop_waiting(order: &mut Order, payment: PaymentId) {
    order.starting.retain(|open| *open != payment);
    order.pending.retain(|open| *open != payment);
    if order.pending.is_empty() && order.status == OrderStatus::AwaitingPayment {
        order.status = OrderStatus::Created;
    }
}

fn completed(mut order: Order, payment: &PaymentFacts, now: Timestamp) -> Change {
    order.status = OrderStatus::Completed;
    order.completed_at = Some(now);
    order.paid_by = Some(payment.payment);
    order.test = payment.test;
    order.starting.clear();
    order.pending.clear();
    Change::to(order).telling(BusEvent::OrderCompleted)
}

/// The money goes back, and the order stays as it is.
fn returned(mut order: Order, payment: &PaymentFacts, why: &str, now: Timestamp) -> Change {
    order.test |= payment.test;
    let refund = refund_of(payment.payment, payment.amount, why, false, now);
    let facts = order.refund_facts(&refund);
    order.refunds.push(refund);
    let mut change = Change::to(order).telling(BusEvent::OrderUpdated);
    change.events.push(BusEvent::RefundRequested(facts));
    change
}

impl Wish {
    /// `payment` is about to charge what the order costs: from here on its lines
    /// stay as they are, until the payment has an outcome or was not begun. An
    /// order that waits for no money is left as it is.
    #[must_use]
    pub fn to_start(payment: PaymentId, now: Timestamp) -> Self {
        Self::new(now, move |view| Ok(starting(order_of(view)?, payment)))
    }

    /// `payment` was not begun after all.
    #[must_use]
    pub fn not_to_start(payment: PaymentId, now: Timestamp) -> Self {
        Self::new(now, move |view| Ok(not_begun(order_of(view)?, payment)))
    }
}

fn order_of(view: &View) -> Result<&Order, OrderError> {
    view.order.as_ref().ok_or(OrderError::NotFound)
}
