//! Assembles the service `events`: its adapters, routes, consumers and jobs.

use crate::context::Context;
use crate::http;
use crate::service::Service;
use gateline_adapters::sqlite::SqliteEvents;
use gateline_core::events::Events;
use std::sync::Arc;

pub(crate) fn service(context: &Context) -> anyhow::Result<Service> {
    let store = Arc::new(SqliteEvents(context.db.clone()));
    let (answers, clock) = (Arc::clone(&context.answers), Arc::clone(&context.clock));
    let events = Events::new(store, answers, clock);
    Ok(Service::named("events")
        .with_consumer(events.consumer())
        .with_routes(http::events::routes(events)))
}
