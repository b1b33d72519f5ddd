//! What mail hears of: it notes, and it queues letters.

use super::{EventCopy, Letter, LetterContent, Mail, OrderCopy};
use crate::shared::{Commit, ConsumeError, Consumer, Handler};
use async_trait::async_trait;
use gateline_common::bus::{BusEvent, Envelope, RefundFacts};
use std::sync::Arc;

const NAME: &str = "mail";

impl Mail {
    /// The consumer of everything that somebody is written about.
    #[must_use]
    pub fn consumer(&self) -> Consumer {
        Consumer {
            name: NAME,
            kinds: &[
                "EventCreated",
                "EventUpdated",
                "OrderCreated",
                "OrderCompleted",
                "OrderExpired",
                "OrderFulfilled",
                "RefundCompleted",
            ],
            handler: Arc::new(self.clone()),
        }
    }

    async fn enqueue(
        &self,
        key: String,
        content: LetterContent,
        commit: &Commit,
    ) -> Result<(), ConsumeError> {
        let letter = Letter::new(key, content, self.clock.now());
        self.store.enqueue(&letter, commit).await?;
        self.filled.notify_one();
        Ok(())
    }

    async fn refunded(&self, refund: &RefundFacts, commit: &Commit) -> Result<(), ConsumeError> {
        let order = self.store.order(refund.order).await?;
        let order = order.ok_or(ConsumeError::NotYet("the order"))?;
        let key = format!("refund-{}", refund.refund);
        let refund = refund.clone();
        self.enqueue(key, LetterContent::Refunded { order, refund }, commit)
            .await
    }
}

#[async_trait]
impl Handler for Mail {
    async fn handle(&self, envelope: &Envelope) -> Result<(), ConsumeError> {
        let commit = Commit::nothing().consuming(NAME, envelope.id);
        match &envelope.body {
            BusEvent::EventCreated(facts) | BusEvent::EventUpdated(facts) => {
                let event = EventCopy::of(facts, envelope.version);
                Ok(self.store.note_event(&event, &commit).await?)
            }
            BusEvent::OrderCreated(facts) | BusEvent::OrderCompleted(facts) => {
                let order = OrderCopy::of(facts, envelope.version);
                Ok(self.store.note_order(&order, &commit).await?)
            }
            BusEvent::OrderExpired(facts) => {
                let key = format!("expired-{}", facts.order);
                let order = OrderCopy::of(facts, envelope.version);
                self.enqueue(key, LetterContent::Expired(order), &commit)
                    .await
            }
            BusEvent::OrderFulfilled {
                order,
                buyer,
                tickets,
            } => {
                let key = format!("tickets-{order}");
                let content = LetterContent::Tickets {
                    order: *order,
                    buyer: buyer.clone(),
                    tickets: tickets.clone(),
                };
                self.enqueue(key, content, &commit).await
            }
            BusEvent::RefundCompleted(refund) => self.refunded(refund, &commit).await,
            _ => Ok(()),
        }
    }
}
