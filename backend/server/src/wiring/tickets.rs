//! Assembles the service `tickets`: its adapters, routes, consumers and jobs.

use crate::context::Context;
use crate::http;
use crate::service::Service;
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
    Ok(Service::named("tickets")
        .with_consumer(tickets.consumer())
        .with_routes(http::tickets::routes(tickets)))
}
