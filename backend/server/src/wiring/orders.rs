//! Assembles the service `orders`: its adapters, routes, consumers and jobs.

use crate::context::Context;
use crate::http;
use crate::service::{Job, Service};
use gateline_adapters::same_process::ChargesHere;
use gateline_adapters::sqlite::{SqliteOrderStore, SqlitePaymentStore};
use gateline_core::orders::{KINDS, Orders};
use gateline_core::shared::Consumer;
use std::sync::Arc;

pub(crate) fn service(context: &Context) -> anyhow::Result<Service> {
    let hold_ms = i64::try_from(context.config.order_hold_seconds)?.saturating_mul(1000);
    let orders = Orders::new(
        Arc::new(SqliteOrderStore(context.db.clone())),
        Arc::new(ChargesHere(Arc::new(SqlitePaymentStore(
            context.db.clone(),
        )))),
        Arc::clone(&context.answers),
        Arc::clone(&context.clock),
        hold_ms,
    );
    let consumer = Consumer {
        name: "orders",
        kinds: KINDS,
        handler: Arc::new(orders.clone()),
    };
    let ending = orders.clone();
    Ok(Service::named("orders")
        .with_routes(http::orders::routes(orders))
        .with_consumer(consumer)
        .with_job(Job::new("orders", move |stop| ending.run(stop))))
}
