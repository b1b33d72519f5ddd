//! Placing an order: one write, in which everything is checked.

use super::lines::{merged, priced};
use super::{Change, Order, OrderError, Orders, View, Wanted, Wish};
use crate::shared::idempotency::replay;
use crate::shared::{IdempotencyKey, Principal, StoreError, random};
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, Buyer, OrderStatus};
use gateline_common::ids::{EventId, OrderId};
use std::time::Duration;

const CODE_LENGTH: usize = 6;
const CODE_DRAWS: usize = 8;
/// How long an order that came right behind the publication of its event waits
/// for the news of it.
const NEWS_WAIT: Duration = Duration::from_millis(1500);

/// What a buyer asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceOrder {
    /// The event.
    pub event: EventId,
    /// How many of what.
    pub lines: Vec<Wanted>,
}

/// An order about to be placed, with the identity that was drawn for it.
#[derive(Debug, Clone)]
pub(super) struct Draft {
    pub(super) id: OrderId,
    pub(super) code: String,
    pub(super) event: EventId,
    pub(super) buyer: Buyer,
    pub(super) lines: Vec<Wanted>,
    pub(super) hold_ms: i64,
}

/// Places `draft`: takes stock and waits for money, or completes at once when
/// there is nothing to pay.
pub(super) fn placed(draft: &Draft, view: &View, now: Timestamp) -> Result<Change, OrderError> {
    let event = view.event.as_ref().ok_or(OrderError::NotFound)?;
    let (lines, total) = priced(&draft.lines, view, &[], now)?;
    let free = total.minor == 0;
    let order = Order {
        id: draft.id,
        code: draft.code.clone(),
        event: draft.event,
        org: event.org,
        buyer: draft.buyer.clone(),
        lines,
        total,
        status: if free {
            OrderStatus::Completed
        } else {
            OrderStatus::Created
        },
        created_at: now,
        expires_at: now.plus_ms(draft.hold_ms),
        completed_at: free.then_some(now),
        test: false,
        paid_by: None,
        starting: Vec::new(),
        pending: Vec::new(),
        failed: Vec::new(),
        settled: Vec::new(),
        refunds: Vec::new(),
        version: 0,
    };
    let change = Change::to(order);
    if free {
        let moves = change.order.moves(|n| (0, n));
        return Ok(change.moving(moves).telling(BusEvent::OrderCompleted));
    }
    let moves = change.order.moves(|n| (n, 0));
    Ok(change.moving(moves).telling(BusEvent::OrderCreated))
}

impl Orders {
    /// Places an order for the caller.
    ///
    /// # Errors
    /// What is wrong with the lines; `NotOnSale`, `SoldOut`; a reused key.
    pub async fn place(
        &self,
        caller: &Principal,
        request: PlaceOrder,
        key: Option<IdempotencyKey>,
    ) -> Result<Order, OrderError> {
        let lines = merged(&request.lines)?;
        let mut news = self.news.subscribe();
        let mut patience = Box::pin(tokio::time::sleep(NEWS_WAIT));
        loop {
            news.mark_unchanged();
            let attempt = self
                .place_once(caller, request.event, &lines, key.as_ref())
                .await;
            match attempt {
                Err(unknown @ (OrderError::NotFound | OrderError::UnknownType(_))) => {
                    tokio::select! {
                        _ = news.changed() => {}
                        () = &mut patience => return Err(unknown),
                    }
                }
                Err(OrderError::Store(StoreError::AlreadyAnswered)) => {
                    let before = replay(self.answers.as_ref(), key.as_ref()).await?;
                    return before.ok_or(OrderError::Store(StoreError::AlreadyAnswered));
                }
                other => {
                    count(&other);
                    return other;
                }
            }
        }
    }

    async fn place_once(
        &self,
        caller: &Principal,
        event: EventId,
        lines: &[Wanted],
        key: Option<&IdempotencyKey>,
    ) -> Result<Order, OrderError> {
        let now = self.clock.now();
        let mut result = Err(OrderError::CodeTaken);
        for _ in 0..CODE_DRAWS {
            let draft = Draft {
                id: OrderId(random::uuid(now)),
                code: random::short_code(CODE_LENGTH),
                event,
                buyer: Buyer {
                    user: caller.user,
                    email: caller.email.clone(),
                    name: caller.name.clone(),
                },
                lines: lines.to_vec(),
                hold_ms: self.hold_ms,
            };
            let mut wish = Wish::new(now, move |view| placed(&draft, view, now).map(Some));
            wish.types = lines.iter().map(|line| line.ticket_type).collect();
            wish.key = key.cloned();
            result = self.store.place(event, wish).await;
            if result != Err(OrderError::CodeTaken) {
                break;
            }
        }
        result
    }
}

fn count(result: &Result<Order, OrderError>) {
    let outcome = match result {
        Ok(_) => "placed",
        Err(OrderError::SoldOut(_)) => "sold_out",
        Err(_) => "refused",
    };
    metrics::counter!("gateline_orders_total", "outcome" => outcome).increment(1);
}
