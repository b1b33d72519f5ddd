//! Assembles the service `orders`: its adapters, routes, consumers and jobs.

use crate::context::Context;
use crate::http;
use crate::service::Service;
use async_trait::async_trait;
use gateline_adapters::sqlite::{SqliteOrderStore, SqlitePaymentStore};
use gateline_common::Timestamp;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::orders::{Charges, KINDS, Orders};
use gateline_core::payments::PaymentStore;
use gateline_core::shared::{Consumer, StoreError};
use std::sync::Arc;

pub(crate) fn service(context: &Context) -> anyhow::Result<Service> {
    let hold_ms = i64::try_from(context.config.order_hold_seconds)?.saturating_mul(1000);
    let orders = Orders::new(
        Arc::new(SqliteOrderStore(context.db.clone())),
        Arc::new(ChargesHere(SqlitePaymentStore(context.db.clone()))),
        Arc::clone(&context.answers),
        Arc::clone(&context.clock),
        hold_ms,
    );
    let consumer = Consumer {
        name: "orders",
        kinds: KINDS,
        handler: Arc::new(orders.clone()),
    };
    Ok(Service::named("orders")
        .with_routes(http::orders::routes(orders))
        .with_consumer(consumer))
}

/// The charges of the payments service of the same process.
struct ChargesHere(SqlitePaymentStore);

#[async_trait]
impl Charges for ChargesHere {
    async fn taken(&self, order: OrderId) -> Result<Vec<PaymentId>, StoreError> {
        self.0.taken(order, None).await
    }

    async fn close(&self, order: OrderId, due: Timestamp) -> Result<Vec<PaymentId>, StoreError> {
        self.0.taken(order, Some(due)).await
    }
}
