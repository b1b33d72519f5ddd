//! Assembles the service `payments`: its adapters, routes, consumers and jobs.

use crate::context::Context;
use crate::http;
use crate::service::{Job, Service};
use async_trait::async_trait;
use gateline_adapters::payment::{TestGateway, WebhookSink};
use gateline_adapters::same_process::OrdersHere;
use gateline_adapters::sqlite::{SqliteOrderStore, SqlitePaymentStore, SqliteTestBooks};
use gateline_core::payments::{Gateway, KINDS, Payments};
use gateline_core::shared::Consumer;
use std::sync::Arc;

pub(crate) fn service(context: &Context) -> anyhow::Result<Service> {
    let test = match context.config.payment_gateway.as_deref() {
        Some("test") => {
            tracing::warn!("payments go through the test gateway: no real money is moved");
            let books = Arc::new(SqliteTestBooks(context.db.clone()));
            let gateway = TestGateway::new(books, Arc::clone(&context.clock));
            Some(Arc::new(gateway))
        }
        Some(other) => anyhow::bail!("payment_gateway `{other}` is unknown; there is `test`"),
        None => {
            tracing::warn!(
                "no payment gateway is configured: orders that cost something can be placed, \
                 but not paid (set payment_gateway)"
            );
            None
        }
    };
    let payments = Payments::new(
        Arc::new(SqlitePaymentStore(context.db.clone())),
        Arc::new(OrdersHere {
            store: Arc::new(SqliteOrderStore(context.db.clone())),
            clock: Arc::clone(&context.clock),
        }),
        test.clone().map(|gateway| gateway as Arc<dyn Gateway>),
        Arc::clone(&context.answers),
        Arc::clone(&context.clock),
    );
    let consumer = Consumer {
        name: "payments",
        kinds: KINDS,
        handler: Arc::new(payments.clone()),
    };
    let working = payments.clone();
    let mut service = Service::named("payments")
        .with_routes(http::payments::routes(payments.clone()))
        .with_consumer(consumer)
        .with_job(Job::new("payments", move |stop| working.run(stop)));
    if let Some(gateway) = test {
        let sink = WebhooksHere(payments);
        let sending = async move |stop| gateway.run(&sink, stop).await;
        service = service.with_job(Job::new("test-gateway", sending));
    }
    Ok(service)
}

/// Takes the test gateway's webhooks by the use case that serves their path.
struct WebhooksHere(Payments);

#[async_trait]
impl WebhookSink for WebhooksHere {
    async fn take(&self, gateway: &str, signature: &str, body: &[u8]) -> Result<(), String> {
        let taken = self.0.webhook(gateway, signature, body).await;
        taken.map_err(|error| error.to_string())
    }
}
