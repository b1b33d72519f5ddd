//! What payments hears on the bus: what orders want, and what must go back.

use super::{Payments, Refund, RefundStatus};
use crate::shared::trace::Place;
use crate::shared::{Commit, ConsumeError, Handler};
use async_trait::async_trait;
use gateline_common::bus::{BusEvent, Envelope};

const CONSUMER: &str = "payments";

/// The kinds of events that payments consumes.
pub const KINDS: &[&str] = &[
    "OrderCreated",
    "OrderUpdated",
    "OrderCompleted",
    "OrderCancelled",
    "OrderExpired",
    "RefundRequested",
];

#[async_trait]
impl Handler for Payments {
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError> {
        let commit = Commit::nothing().consuming(CONSUMER, event.id);
        let now = self.clock.now();
        match &event.body {
            BusEvent::OrderCreated(facts)
            | BusEvent::OrderUpdated(facts)
            | BusEvent::OrderCompleted(facts)
            | BusEvent::OrderCancelled(facts)
            | BusEvent::OrderExpired(facts) => {
                let kept = super::model::nameless(facts);
                self.store
                    .learn_order(&kept, event.version, now, &commit)
                    .await?;
                if !super::model::is_unpaid(facts) {
                    self.work.notify_one();
                }
            }
            BusEvent::RefundRequested(facts) => {
                let refund = Refund {
                    facts: facts.clone(),
                    status: RefundStatus::Requested,
                    requested_at: now,
                    completed_at: None,
                    attempts: 0,
                    try_at: Some(now),
                    trace: Place::here().traceparent(),
                };
                self.store.add_refund(&refund, &commit).await?;
                self.work.notify_one();
            }
            _ => {}
        }
        Ok(())
    }
}
