//! Changing the lines of an unpaid order. Its time to pay stays as it was.

use super::lines::{difference, merged, priced};
use super::{Change, Order, OrderError, Orders, View, Wanted, Wish};
use crate::shared::Principal;
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, OrderStatus};
use gateline_common::ids::OrderId;

/// `order` with the lines `wanted` (merged).
pub(super) fn changed(
    order: &Order,
    wanted: &[Wanted],
    view: &View,
    now: Timestamp,
) -> Result<Change, OrderError> {
    match order.status {
        OrderStatus::Created if now >= order.expires_at => return Err(OrderError::Expired),
        OrderStatus::Created if order.starting.is_empty() => {}
        OrderStatus::Created | OrderStatus::AwaitingPayment => {
            let why = "a payment of this order is under way";
            return Err(OrderError::State(order.status, why));
        }
        OrderStatus::Expired => return Err(OrderError::Expired),
        status => {
            let why = "only an unpaid order can be changed";
            return Err(OrderError::State(status, why));
        }
    }
    let (lines, total) = priced(wanted, view, &order.lines, now)?;
    let mut moves = difference(order, &lines);
    let mut order = order.clone();
    order.lines = lines;
    order.total = total;
    if total.minor > 0 {
        return Ok(Change::to(order)
            .moving(moves)
            .telling(BusEvent::OrderUpdated));
    }
    order.status = OrderStatus::Completed;
    order.completed_at = Some(now);
    for sold in order.moves(|n| (-n, n)) {
        match moves.iter_mut().find(|m| m.ticket_type == sold.ticket_type) {
            Some(same) => {
                same.held += sold.held;
                same.sold += sold.sold;
            }
            None => moves.push(sold),
        }
    }
    Ok(Change::to(order)
        .moving(moves)
        .telling(BusEvent::OrderCompleted))
}

impl Orders {
    /// Replaces the lines of the caller's unpaid order.
    ///
    /// # Errors
    /// `NotFound`, `State`, `Expired`; what is wrong with the lines; `SoldOut`.
    pub async fn change_lines(
        &self,
        caller: &Principal,
        order: OrderId,
        lines: &[Wanted],
    ) -> Result<Order, OrderError> {
        let lines = merged(lines)?;
        let order = self.own(caller, order).await?;
        self.refuse_while_paying(&order).await?;
        let now = self.clock.now();
        let types = lines.iter().map(|line| line.ticket_type).collect();
        let mut wish = Wish::new(now, move |view| {
            let order = view.order.as_ref().ok_or(OrderError::NotFound)?;
            changed(order, &lines, view, now).map(Some)
        });
        wish.types = types;
        self.store.change(order.id, wish).await
    }

    /// Refuses when a charge of `order` was taken, or may have been.
    pub(super) async fn refuse_while_paying(&self, order: &Order) -> Result<(), OrderError> {
        if !order.is_unpaid() {
            return Ok(());
        }
        let taken = self.charges.taken(order.id).await?;
        if taken.iter().all(|payment| order.settled.contains(payment)) {
            return Ok(());
        }
        let why = "a payment of this order is under way";
        Err(OrderError::State(order.status, why))
    }
}
