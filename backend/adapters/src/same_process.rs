//! How orders and payments ask each other when both run in this process.

use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::OrderFacts;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::orders::{Charges, OrderError, OrderStore, Wish};
use gateline_core::payments::{OrderDesk, PaymentStore};
use gateline_core::shared::{Clock, StoreError};
use std::sync::Arc;

/// The charges of the payments service of the same process.
pub struct ChargesHere(pub Arc<dyn PaymentStore>);

#[async_trait]
impl Charges for ChargesHere {
    async fn taken(&self, order: OrderId) -> Result<Vec<PaymentId>, StoreError> {
        self.0.taken(order, None).await
    }

    async fn close(&self, order: OrderId, due: Timestamp) -> Result<Vec<PaymentId>, StoreError> {
        self.0.taken(order, Some(due)).await
    }
}

/// The orders of the orders service of the same process.
pub struct OrdersHere {
    /// Its store.
    pub store: Arc<dyn OrderStore>,
    /// Its clock.
    pub clock: Arc<dyn Clock>,
}

#[async_trait]
impl OrderDesk for OrdersHere {
    async fn current(&self, order: OrderId) -> Result<Option<(OrderFacts, u64)>, StoreError> {
        let order = self.store.find(order).await?;
        Ok(order.map(|order| (order.facts(), order.version)))
    }

    async fn hold(
        &self,
        order: OrderId,
        payment: PaymentId,
    ) -> Result<Option<(OrderFacts, u64)>, StoreError> {
        let wish = Wish::to_start(payment, self.clock.now());
        self.change(order, wish).await
    }

    async fn release(&self, order: OrderId, payment: PaymentId) -> Result<(), StoreError> {
        let wish = Wish::not_to_start(payment, self.clock.now());
        self.change(order, wish).await.map(drop)
    }
}

impl OrdersHere {
    async fn change(
        &self,
        order: OrderId,
        wish: Wish,
    ) -> Result<Option<(OrderFacts, u64)>, StoreError> {
        match self.store.change(order, wish).await {
            Ok(order) => Ok(Some((order.facts(), order.version))),
            Err(OrderError::NotFound) => Ok(None),
            Err(OrderError::Store(error)) => Err(error),
            Err(other) => Err(StoreError::Failed(other.to_string())),
        }
    }
}
