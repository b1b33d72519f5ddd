//! Giving up an unpaid order.

use super::{Change, Order, OrderError, Orders, Wish};
use crate::shared::Principal;
use gateline_common::bus::{BusEvent, OrderStatus};
use gateline_common::ids::OrderId;

/// `order`, cancelled; its stock is free. `None` if it was cancelled before.
pub(super) fn cancelled(order: &Order) -> Result<Option<Change>, OrderError> {
    match order.status {
        OrderStatus::Created | OrderStatus::AwaitingPayment => {}
        OrderStatus::Cancelled => return Ok(None),
        OrderStatus::Expired => return Err(OrderError::Expired),
        status => {
            let why = "a paid order is not cancelled but refunded";
            return Err(OrderError::State(status, why));
        }
    }
    let moves = order.moves(|n| (-n, 0));
    let mut order = order.clone();
    order.status = OrderStatus::Cancelled;
    order.starting.clear();
    order.pending.clear();
    Ok(Some(
        Change::to(order)
            .moving(moves)
            .telling(BusEvent::OrderCancelled),
    ))
}

impl Orders {
    /// Cancels the caller's unpaid order (admins: anybody's).
    ///
    /// # Errors
    /// `NotFound`, `Expired`; `State` once it is paid or being paid.
    pub async fn cancel(&self, caller: &Principal, order: OrderId) -> Result<Order, OrderError> {
        let order = self.own(caller, order).await?;
        self.refuse_while_paying(&order).await?;
        let wish = Wish::new(self.clock.now(), |view| {
            cancelled(view.order.as_ref().ok_or(OrderError::NotFound)?)
        });
        self.store.change(order.id, wish).await
    }
}
