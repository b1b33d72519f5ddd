//! Assembles the service `payments`: its adapters, routes, consumers and jobs.

use super::Engines;
use super::engines::{embedded, own};
use crate::config::ServiceName;
use crate::context::Context;
use crate::http;
use crate::kernel::Kernel;
use crate::service::{Job, Service};
use anyhow::Context as _;
use async_trait::async_trait;
use gateline_adapters::mongo::{MongoPaymentStore, MongoTestBooks};
use gateline_adapters::payment::{Books, TestGateway, WebhookSink};
use gateline_adapters::remote::{Remote, RemoteOrders};
use gateline_adapters::same_process::{ChargesHere, OrdersHere};
use gateline_adapters::sqlite::{SqlitePaymentStore, SqliteTestBooks};
use gateline_core::payments::{Gateway, KINDS, OrderDesk, PaymentStore, Payments};
use gateline_core::shared::Consumer;
use gateline_core::shared::trace::{Span, SpanKind};
use std::sync::Arc;

pub(super) async fn service(context: &Context, engines: &Engines) -> anyhow::Result<Service> {
    let (store, kernel) = store(engines).await?;
    let test = test_gateway(context, engines).await?;
    let payments = Payments::new(
        Arc::clone(&store),
        orders(context, engines).await?,
        test.clone().map(|gateway| gateway as Arc<dyn Gateway>),
        Arc::clone(&kernel.answers),
        Arc::clone(&context.clock),
    );
    let consumer = Consumer {
        name: "payments",
        kinds: KINDS,
        handler: Arc::new(payments.clone()),
    };
    let working = payments.clone();
    let charges = Arc::new(ChargesHere(store));
    let mut service = Service::named("payments", kernel)
        .with_routes(http::payments::routes(payments.clone()))
        .with_internal(http::internal::payments(context, charges))
        .with_consumer(consumer)
        .with_job(Job::new("payments", move |stop| working.clone().run(stop)));
    if let Some(gateway) = test {
        let sink = Arc::new(WebhooksHere(payments));
        let sending = move |stop| {
            let (gateway, sink) = (Arc::clone(&gateway), Arc::clone(&sink));
            async move { gateway.run(sink.as_ref(), stop).await }
        };
        service = service.with_job(Job::new("test-gateway", sending));
    }
    Ok(service)
}

/// The store of this process.
pub(super) async fn store(engines: &Engines) -> anyhow::Result<(Arc<dyn PaymentStore>, Kernel)> {
    match engines {
        Engines::Embedded(db) => Ok((Arc::new(SqlitePaymentStore(db.clone())), embedded(db))),
        Engines::Distributed(engines) => {
            let db = MongoPaymentStore::open(&engines.mongo).await?;
            Ok((
                Arc::new(MongoPaymentStore(db.clone())),
                own("payments", &db),
            ))
        }
    }
}

/// Where the current state of an order is asked for.
async fn orders(context: &Context, engines: &Engines) -> anyhow::Result<Arc<dyn OrderDesk>> {
    if context.config.runs(ServiceName::Orders) {
        let store = super::orders::store(engines).await?.store;
        let clock = Arc::clone(&context.clock);
        return Ok(Arc::new(OrdersHere { store, clock }));
    }
    let url = context.config.orders_url.as_deref();
    let remote = Remote::at(url.context("orders_url")?, &context.secrets.services);
    Ok(Arc::new(RemoteOrders(remote.context("orders_url")?)))
}

async fn test_gateway(
    context: &Context,
    engines: &Engines,
) -> anyhow::Result<Option<Arc<TestGateway>>> {
    let clock = Arc::clone(&context.clock);
    match context.config.payment_gateway.as_deref() {
        Some("test") => {
            tracing::warn!("payments go through the test gateway: no real money is moved");
            let books: Arc<dyn Books> = match engines {
                Engines::Embedded(db) => Arc::new(SqliteTestBooks(db.clone())),
                Engines::Distributed(engines) => {
                    let db = MongoPaymentStore::open(&engines.mongo).await?;
                    Arc::new(MongoTestBooks(db))
                }
            };
            Ok(Some(Arc::new(TestGateway::new(books, clock))))
        }
        Some(other) => anyhow::bail!("payment_gateway `{other}` is unknown; there is `test`"),
        None => {
            tracing::warn!(
                "no payment gateway is configured: orders that cost something can be placed, \
                 but not paid (set payment_gateway)"
            );
            Ok(None)
        }
    }
}

/// Takes the test gateway's webhooks by the use case that serves their path.
struct WebhooksHere(Payments);

#[async_trait]
impl WebhookSink for WebhooksHere {
    async fn take(&self, gateway: &str, signature: &str, body: &[u8]) -> Result<(), String> {
        let span = Span::begin(SpanKind::Internal, format_args!("webhook"));
        let taking = self.0.webhook(gateway, signature, body);
        let taken = span.place().around(taking).await;
        taken.map_err(|error| error.to_string())
    }
}
