//! Assembles the service `events`: its adapters, routes, consumers and jobs.

use super::Engines;
use super::engines::{embedded, own};
use crate::context::Context;
use crate::http;
use crate::kernel::Kernel;
use crate::service::Service;
use gateline_adapters::mongo::MongoEventStore;
use gateline_adapters::sqlite::SqliteEvents;
use gateline_core::events::{EventStore, Events};
use std::sync::Arc;

pub(super) async fn service(context: &Context, engines: &Engines) -> anyhow::Result<Service> {
    let (store, kernel): (Arc<dyn EventStore>, Kernel) = match engines {
        Engines::Embedded(db) => (Arc::new(SqliteEvents(db.clone())), embedded(db)),
        Engines::Distributed(engines) => {
            let db = MongoEventStore::open(&engines.mongo).await?;
            let kernel = own("events", &db);
            (Arc::new(MongoEventStore(db)), kernel)
        }
    };
    let (answers, clock) = (Arc::clone(&kernel.answers), Arc::clone(&context.clock));
    let events = Events::new(store, answers, clock);
    Ok(Service::named("events", kernel)
        .with_consumer(events.consumer())
        .with_routes(http::events::routes(events)))
}
