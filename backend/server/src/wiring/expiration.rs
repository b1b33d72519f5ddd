//! Assembles the service `expiration`: its adapters, routes, consumers and jobs.

use crate::context::Context;
use crate::service::{Job, Service};
use gateline_adapters::sqlite::SqliteScheduleStore;
use gateline_core::expiration::{Expiration, KINDS};
use gateline_core::shared::Consumer;
use std::sync::Arc;

pub(crate) fn service(context: &Context) -> anyhow::Result<Service> {
    let store = Arc::new(SqliteScheduleStore(context.db.clone()));
    let expiration = Expiration::new(store, Arc::clone(&context.clock));
    let consumer = Consumer {
        name: "expiration",
        kinds: KINDS,
        handler: Arc::new(expiration.clone()),
    };
    Ok(Service::named("expiration")
        .with_consumer(consumer)
        .with_job(Job::new("expiration", move |stop| expiration.run(stop))))
}
