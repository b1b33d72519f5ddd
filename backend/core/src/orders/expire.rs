//! An order's time is up.
//!
//! Always true: expiry never wins against a payment that was taken. First the
//! order is closed for new charges; then, as long as some charge succeeded or
//! has an unknown outcome and the order has not heard of it, expiry waits.

use super::{Change, Order, OrderError, Orders, Wish};
use crate::shared::{ConsumeError, Consumed, StoreError};
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, OrderStatus};
use gateline_common::ids::OrderId;

/// `order`, expired at the deadline `due`; `None` when it is not unpaid or its
/// deadline is a later one.
pub(super) fn expired(order: &Order, due: Timestamp) -> Option<Change> {
    if !order.is_unpaid() || due < order.expires_at {
        return None;
    }
    let moves = order.moves(|n| (-n, 0));
    let mut order = order.clone();
    order.status = OrderStatus::Expired;
    order.starting.clear();
    order.pending.clear();
    Some(
        Change::to(order)
            .moving(moves)
            .telling(BusEvent::OrderExpired),
    )
}

impl Orders {
    pub(super) async fn expire(
        &self,
        id: OrderId,
        due: Timestamp,
        consumed: Consumed,
    ) -> Result<(), ConsumeError> {
        let Some(order) = self.store.find(id).await? else {
            return Err(ConsumeError::NotYet("the order"));
        };
        if expired(&order, due).is_some() {
            let taken = self.charges.close(id, order.expires_at).await?;
            if taken.iter().any(|payment| !order.settled.contains(payment)) {
                return Err(ConsumeError::NotYet("the outcome of a charge"));
            }
        }
        let mut wish = Wish::new(self.clock.now(), move |view| {
            let order = view.order.as_ref().ok_or(OrderError::NotFound)?;
            Ok(expired(order, due))
        });
        wish.consumed = Some(consumed);
        match self.store.change(id, wish).await {
            Ok(order) => {
                if order.status == OrderStatus::Expired {
                    metrics::counter!("gateline_orders_expired_total").increment(1);
                }
                Ok(())
            }
            Err(OrderError::Store(error)) => Err(error.into()),
            Err(other) => Err(StoreError::Failed(other.to_string()).into()),
        }
    }
}
