//! The end of the orders of an event that was called off.
//!
//! Always true: from the write on in which orders learns of it, nothing of the
//! event is sold or completed. The orders that there are by then are gone
//! through a few at a time, and how far that has come is stored with them, so a
//! crash at any point loses nothing and repeats nothing. A payment that is on
//! its way when its order ends goes back when it arrives.

use super::refund::refund_of;
use super::{Change, Order, OrderError, Orders, Refund, Wish};
use crate::shared::StoreError;
use crate::shared::trace::{Span, SpanKind};
use gateline_common::bus::{BusEvent, OrderFacts, OrderStatus, PaymentFacts};
use gateline_common::{Money, Timestamp};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const WHY: &str = "The event was cancelled.";
/// Orders in one write: others wait no longer than these take.
const AT_ONCE: u32 = 100;
/// Another process may have learned of the event.
const POLL: Duration = Duration::from_secs(2);

/// `order`, ended with its event; `None` if it has ended or is being paid back
/// already.
pub(super) fn called_off(order: &Order, now: Timestamp) -> Option<Change> {
    match order.status {
        OrderStatus::Created | OrderStatus::AwaitingPayment => {
            Some(ended(order.clone(), |n| (-n, 0)))
        }
        OrderStatus::Completed if order.voiding_refund().is_some() => None,
        OrderStatus::Completed => Some(match order.paid_by {
            None => ended(order.clone(), |n| (0, -n)),
            Some(payment) => {
                let refund = refund_of(payment, order.total, WHY, true, now);
                paid_back(Change::to(order.clone()), refund, BusEvent::OrderUpdated)
            }
        }),
        OrderStatus::Cancelled | OrderStatus::Expired | OrderStatus::Refunded => None,
    }
}

/// `order`, unpaid so far, was paid in time for an event that is no longer on.
pub(super) fn paid_in_vain(mut order: Order, payment: &PaymentFacts, now: Timestamp) -> Change {
    let moves = order.moves(|n| (-n, 0));
    close(&mut order);
    order.test = payment.test;
    let refund = refund_of(payment.payment, payment.amount, WHY, false, now);
    let change = Change::to(order).moving(moves);
    paid_back(change, refund, BusEvent::OrderCancelled)
}

/// Nothing was paid: it is cancelled, and its stock is free.
fn ended(mut order: Order, by: impl Fn(i64) -> (i64, i64)) -> Change {
    let moves = order.moves(by);
    close(&mut order);
    let nothing = Money::new(0, order.total.currency);
    let change = Change::to(order).moving(moves);
    told(change.telling(BusEvent::OrderCancelled), nothing)
}

fn close(order: &mut Order) {
    order.status = OrderStatus::Cancelled;
    order.starting.clear();
    order.pending.clear();
}

fn paid_back(mut change: Change, refund: Refund, event: fn(OrderFacts) -> BusEvent) -> Change {
    let refund = Refund {
        event_cancelled: true,
        ..refund
    };
    let facts = change.order.refund_facts(&refund);
    let back = refund.amount;
    change.order.refunds.push(refund);
    let mut change = change.telling(event);
    change.events.push(BusEvent::RefundRequested(facts));
    told(change, back)
}

fn told(mut change: Change, back: Money) -> Change {
    let order = change.order.facts();
    change.events.push(BusEvent::OrderCalledOff { order, back });
    change
}

impl Orders {
    /// Ends the orders of events that were called off, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut news = self.news.subscribe();
        while !stop.is_cancelled() {
            news.mark_unchanged();
            match self.end_some().await {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "orders of a cancelled event cannot be ended");
                    tokio::select! {
                        () = tokio::time::sleep(POLL) => {}
                        () = stop.cancelled() => {}
                    }
                    continue;
                }
            }
            tokio::select! {
                _ = news.changed() => {}
                () = tokio::time::sleep(POLL) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Ends the next orders of one event that was called off; `false` if there
    /// is nothing to do.
    ///
    /// # Errors
    /// Store failures; what was not done is still to do.
    pub async fn end_some(&self) -> Result<bool, StoreError> {
        let Some(event) = self.store.called_off().await? else {
            return Ok(false);
        };
        let now = self.clock.now();
        let wish = Wish::new(now, move |view| {
            let order = view.order.as_ref().ok_or(OrderError::NotFound)?;
            Ok(called_off(order, now))
        });
        let span = Span::begin(SpanKind::Internal, format_args!("end orders"));
        let ending = self.store.call_off(event, AT_ONCE, wish);
        span.place().around(ending).await?;
        Ok(true)
    }
}
