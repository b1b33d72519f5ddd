//! Assembles the service `pricing`: its adapters, routes, consumers and jobs.

use super::Engines;
use super::engines::{embedded, own};
use crate::context::Context;
use crate::http;
use crate::kernel::Kernel;
use crate::service::{Job, Service};
use gateline_adapters::mongo::MongoPricing;
use gateline_adapters::sqlite::SqlitePricing;
use gateline_core::pricing::{KINDS, Pricing, PricingStore};
use gateline_core::shared::Consumer;
use std::sync::Arc;

pub(super) async fn service(context: &Context, engines: &Engines) -> anyhow::Result<Service> {
    let (store, kernel): (Arc<dyn PricingStore>, Kernel) = match engines {
        Engines::Embedded(db) => (Arc::new(SqlitePricing(db.clone())), embedded(db)),
        Engines::Distributed(engines) => {
            let db = MongoPricing::open(&engines.mongo).await?;
            (Arc::new(MongoPricing(db.clone())), own("pricing", &db))
        }
    };
    let pricing = Pricing::new(store, Arc::clone(&context.clock));
    let consumer = Consumer {
        name: "pricing",
        kinds: KINDS,
        handler: Arc::new(pricing.clone()),
    };
    let looking = pricing.clone();
    Ok(Service::named("pricing", kernel)
        .with_routes(http::pricing::routes(pricing))
        .with_consumer(consumer)
        .with_job(Job::new("pricing", move |stop| looking.clone().run(stop))))
}
