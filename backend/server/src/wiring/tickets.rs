//! Assembles the service `tickets`: its adapters, routes, consumers and jobs.

use crate::context::Context;
use crate::http;
use crate::service::{Job, Service};
use gateline_adapters::sqlite::SqliteTickets;
use gateline_core::tickets::Tickets;
use std::sync::Arc;

pub(crate) fn service(context: &Context) -> anyhow::Result<Service> {
    let store = Arc::new(SqliteTickets(context.db.clone()));
    let tickets = Tickets::new(
        store,
        Arc::clone(&context.printer),
        Arc::clone(&context.clock),
    );
    let ending = tickets.clone();
    Ok(Service::named("tickets")
        .with_consumer(tickets.consumer())
        .with_job(Job::new("tickets", move |stop| ending.run(stop)))
        .with_routes(http::tickets::routes(tickets)))
}
