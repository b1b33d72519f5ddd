//! Assembles the service `pricing`: its adapters, routes, consumers and jobs.

use crate::context::Context;
use crate::http;
use crate::service::{Job, Service};
use gateline_adapters::sqlite::SqlitePricing;
use gateline_core::pricing::{KINDS, Pricing};
use gateline_core::shared::Consumer;
use std::sync::Arc;

pub(crate) fn service(context: &Context) -> anyhow::Result<Service> {
    let store = Arc::new(SqlitePricing(context.db.clone()));
    let pricing = Pricing::new(store, Arc::clone(&context.clock));
    let consumer = Consumer {
        name: "pricing",
        kinds: KINDS,
        handler: Arc::new(pricing.clone()),
    };
    let looking = pricing.clone();
    Ok(Service::named("pricing")
        .with_routes(http::pricing::routes(pricing))
        .with_consumer(consumer)
        .with_job(Job::new("pricing", move |stop| looking.run(stop))))
}
