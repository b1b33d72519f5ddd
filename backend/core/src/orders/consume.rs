//! What orders hears on the bus.

use super::pay::{failed, paid, pending};
use super::refund::refund_completed;
use super::{Change, Offer, OfferPrice, OnSale, OrderError, Orders, View, Wish};
use crate::shared::{Commit, ConsumeError, Consumed, Handler, StoreError};
use async_trait::async_trait;
use gateline_common::bus::{BusEvent, Envelope};
use gateline_common::ids::OrderId;

const CONSUMER: &str = "orders";

/// The kinds of events that orders consumes.
pub const KINDS: &[&str] = &[
    "EventCreated",
    "EventUpdated",
    "TicketTypeCreated",
    "TicketTypeUpdated",
    "PriceChanged",
    "ExpirationDue",
    "PaymentPending",
    "PaymentSucceeded",
    "PaymentFailed",
    "RefundCompleted",
];

#[async_trait]
impl Handler for Orders {
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError> {
        let consumed = Consumed {
            consumer: CONSUMER,
            event: event.id,
        };
        let now = self.clock.now();
        match event.body.clone() {
            BusEvent::EventCreated(facts) | BusEvent::EventUpdated(facts) => {
                let commit = Commit::nothing().consuming(CONSUMER, event.id);
                let on_sale = OnSale::from(&facts);
                self.store
                    .learn_event(&on_sale, event.version, &commit)
                    .await?;
                self.tell_news();
                Ok(())
            }
            BusEvent::TicketTypeCreated(facts) | BusEvent::TicketTypeUpdated(facts) => {
                let commit = Commit::nothing().consuming(CONSUMER, event.id);
                let offer = Offer::from(&facts);
                self.store
                    .learn_offer(&offer, facts.limit, event.version, &commit)
                    .await?;
                self.tell_news();
                Ok(())
            }
            BusEvent::PriceChanged(facts) => {
                let commit = Commit::nothing().consuming(CONSUMER, event.id);
                let price = OfferPrice::from(&facts);
                let learned = self.store.learn_price(&price, event.version, &commit);
                Ok(learned.await?)
            }
            BusEvent::ExpirationDue { order, due } => self.expire(order, due, consumed).await,
            BusEvent::PaymentPending(facts) => {
                let payment = facts.payment;
                self.hear(facts.order, consumed, move |view| {
                    pending(view.order.as_ref()?, payment)
                })
                .await
            }
            BusEvent::PaymentFailed(facts) => {
                let payment = facts.payment;
                self.hear(facts.order, consumed, move |view| {
                    failed(view.order.as_ref()?, payment)
                })
                .await
            }
            BusEvent::PaymentSucceeded(facts) => {
                self.hear(facts.order, consumed, move |view| {
                    paid(view.order.as_ref()?, view.event.as_ref(), &facts, now)
                })
                .await
            }
            BusEvent::RefundCompleted(facts) => {
                self.hear(facts.order, consumed, move |view| {
                    refund_completed(view.order.as_ref()?, &facts, now)
                })
                .await
            }
            _ => Ok(()),
        }
    }
}

impl Orders {
    fn tell_news(&self) {
        self.news
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    async fn hear<F>(&self, id: OrderId, consumed: Consumed, decide: F) -> Result<(), ConsumeError>
    where
        F: Fn(&View) -> Option<Change> + Send + Sync + 'static,
    {
        let mut wish = Wish::new(self.clock.now(), move |view| {
            let change = decide(view);
            if let Some(alarm) = change.as_ref().and_then(|change| change.alarm) {
                raise(id, alarm);
            }
            Ok(change)
        });
        wish.consumed = Some(consumed);
        match self.store.change(id, wish).await {
            Ok(_) => Ok(()),
            Err(OrderError::NotFound) => Err(ConsumeError::NotYet("the order")),
            Err(OrderError::Store(error)) => Err(error.into()),
            Err(other) => Err(StoreError::Failed(other.to_string()).into()),
        }
    }
}

fn raise(order: OrderId, alarm: &'static str) {
    tracing::error!(%order, alarm, "a payment needs an operator's eye; it is being refunded");
    metrics::counter!("gateline_payment_alarms_total", "cause" => alarm).increment(1);
}
