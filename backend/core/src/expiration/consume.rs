//! What expiration hears on the bus: unpaid orders have a deadline, others have
//! none.

use super::{Deadline, Expiration};
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
        let (order, version) = (facts.order, event.version);
        match due {
            Some(due) => {
                self.note(Deadline {
                    order,
                    version,
                    due,
                })
                .await;
                self.alarm.wants(due);
            }
            None => self.forget(order, version).await,
        }
        Ok(())
    }
}
