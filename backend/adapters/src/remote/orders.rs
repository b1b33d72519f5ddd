//! The current state of an order, asked of orders, and held there.

use super::{HOLD, ORDER, RELEASE, Remote};
use async_trait::async_trait;
use gateline_common::bus::OrderFacts;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::OrderDesk;
use gateline_core::shared::StoreError;
use serde::{Deserialize, Serialize};

/// The orders of another process.
pub struct RemoteOrders(pub Remote);

/// What is asked of the desk.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Payment {
    /// For which payment.
    pub payment: PaymentId,
}

/// What it answers: the facts with their version, if there is such an order.
pub type Desk = Option<(OrderFacts, u64)>;

#[async_trait]
impl OrderDesk for RemoteOrders {
    async fn current(&self, order: OrderId) -> Result<Desk, StoreError> {
        self.0.ask(ORDER, Some(order), &()).await
    }

    async fn hold(&self, order: OrderId, payment: PaymentId) -> Result<Desk, StoreError> {
        let asked = Payment { payment };
        self.0.ask(HOLD, Some(order), &asked).await
    }

    async fn release(&self, order: OrderId, payment: PaymentId) -> Result<(), StoreError> {
        let asked = Payment { payment };
        self.0.ask(RELEASE, Some(order), &asked).await
    }
}
