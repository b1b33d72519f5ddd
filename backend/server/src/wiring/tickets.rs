//! Assembles the service `tickets`: its adapters, routes, consumers and jobs.

use super::Engines;
use super::engines::{embedded, own};
use crate::context::Context;
use crate::http;
use crate::kernel::Kernel;
use crate::service::{Job, Service};
use gateline_adapters::mongo::MongoTicketStore;
use gateline_adapters::sqlite::SqliteTickets;
use gateline_core::tickets::{TicketStore, Tickets};
use std::sync::Arc;

pub(super) async fn service(context: &Context, engines: &Engines) -> anyhow::Result<Service> {
    let (store, kernel): (Arc<dyn TicketStore>, Kernel) = match engines {
        Engines::Embedded(db) => (Arc::new(SqliteTickets(db.clone())), embedded(db)),
        Engines::Distributed(engines) => {
            let db = MongoTicketStore::open(&engines.mongo).await?;
            let kernel = own("tickets", &db);
            (Arc::new(MongoTicketStore(db, engines.seals()?)), kernel)
        }
    };
    let tickets = Tickets::new(
        store,
        Arc::clone(&context.printer),
        Arc::clone(&context.clock),
    );
    let ending = tickets.clone();
    Ok(Service::named("tickets", kernel)
        .with_consumer(tickets.consumer())
        .with_job(Job::new("tickets", move |stop| ending.clone().run(stop)))
        .with_routes(http::tickets::routes(tickets)))
}
