//! Assembles the service `tickets`: its adapters, routes, consumers and jobs.

use super::Engines;
use super::engines::{embedded, own};
use super::people::forgetting;
use crate::context::Context;
use crate::http;
use crate::kernel::Kernel;
use crate::service::{Job, Service};
use anyhow::Context as _;
use gateline_adapters::mongo::{MongoPeople, MongoTicketStore, check_store_key};
use gateline_adapters::sqlite::{SqlitePeople, SqliteTickets};
use gateline_core::shared::People;
use gateline_core::shared::people::Kept;
use gateline_core::tickets::{TicketStore, Tickets};
use std::sync::Arc;

pub(super) async fn service(context: &Context, engines: &Engines) -> anyhow::Result<Service> {
    let (store, people, kernel): (Arc<dyn TicketStore>, Arc<dyn People>, Kernel) = match engines {
        Engines::Embedded(db) => (
            Arc::new(SqliteTickets(db.clone())),
            Arc::new(SqlitePeople::of_tickets(db.clone())),
            embedded(db),
        ),
        Engines::Distributed(engines) => {
            let db = MongoTicketStore::open(&engines.mongo).await?;
            let keys = engines.seals()?;
            check_store_key(&db, &keys)
                .await
                .context("store_key_file")?;
            let kernel = own("tickets", &db);
            let people = Arc::new(MongoPeople::of_tickets(db.clone()));
            (Arc::new(MongoTicketStore(db, keys)), people, kernel)
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
        .with_job_of(forgetting(context, "tickets-people", people, Kept::Own))
        .with_routes(http::tickets::routes(tickets)))
}
