//! The charges of an order, asked of payments.

use super::{CHARGES, Remote};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::orders::Charges;
use gateline_core::shared::StoreError;
use serde::{Deserialize, Serialize};

/// The charges of another process.
pub struct RemoteCharges(pub Remote);

/// The question.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// With it, no charge begins afterwards for a deadline up to this.
    pub close: Option<Timestamp>,
}

impl RemoteCharges {
    async fn ask(&self, order: OrderId, taken: Taken) -> Result<Vec<PaymentId>, StoreError> {
        self.0.ask(CHARGES, Some(order), &taken).await
    }
}

#[async_trait]
impl Charges for RemoteCharges {
    async fn taken(&self, order: OrderId) -> Result<Vec<PaymentId>, StoreError> {
        self.ask(order, Taken { close: None }).await
    }

    async fn close(&self, order: OrderId, due: Timestamp) -> Result<Vec<PaymentId>, StoreError> {
        self.ask(order, Taken { close: Some(due) }).await
    }
}
