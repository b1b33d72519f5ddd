//! What expiration hears on the bus: unpaid orders have a deadline, others have
//! none.

use super::Expiration;
use crate::shared::{Commit, ConsumeError, Handler};
use async_trait::async_trait;
use gateline_common::bus::{BusEvent, Envelope, OrderStatus};

const CONSUMER: &str = "expiration";

/// The kinds of events that expiration consumes.
pub const KINDS: &[&str] = &[
    "OrderCreated",
    "OrderUpdated",
    "OrderCompleted",
    "OrderCancelled",
    "OrderExpired",
];

#[async_trait]
impl Handler for Expiration {
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError> {
        let (BusEvent::OrderCreated(facts)
        | BusEvent::OrderUpdated(facts)
        | BusEvent::OrderCompleted(facts)
        | BusEvent::OrderCancelled(facts)
        | BusEvent::OrderExpired(facts)) = &event.body
        else {
            return Ok(());
        };
        let unpaid = matches!(
            facts.status,
            OrderStatus::Created | OrderStatus::AwaitingPayment
        );
        let due = unpaid.then_some(facts.expires_at);
        let commit = Commit::nothing().consuming(CONSUMER, event.id);
        self.store
            .set(facts.order, due, event.version, &commit)
            .await?;
        if let Some(due) = due {
            self.alarm.wants(due);
        }
        Ok(())
    }
}
