//! Assembles the service `expiration`: its adapters, routes, consumers and jobs.

use super::Engines;
use super::engines::{embedded, own};
use crate::context::Context;
use crate::kernel::Kernel;
use crate::service::{Job, Service};
use gateline_adapters::mongo::MongoScheduleStore;
use gateline_adapters::redis::RedisDueIndex;
use gateline_adapters::sqlite::SqliteScheduleStore;
use gateline_core::expiration::{Expiration, KINDS, ScheduleStore};
use gateline_core::shared::Consumer;
use std::sync::Arc;

pub(super) async fn service(context: &Context, engines: &Engines) -> anyhow::Result<Service> {
    let (store, kernel): (Arc<dyn ScheduleStore>, Kernel) = match engines {
        Engines::Embedded(db) => (Arc::new(SqliteScheduleStore(db.clone())), embedded(db)),
        Engines::Distributed(engines) => {
            let db = MongoScheduleStore::open(&engines.mongo).await?;
            let kernel = own("expiration", &db);
            (Arc::new(MongoScheduleStore(db)), kernel)
        }
    };
    let mut expiration = Expiration::new(store, Arc::clone(&context.clock));
    if let Engines::Distributed(engines) = engines {
        let index = RedisDueIndex::new(engines.redis.clone());
        expiration = expiration.with_index(Arc::new(index));
    }
    let consumer = Consumer {
        name: "expiration",
        kinds: KINDS,
        handler: Arc::new(expiration.clone()),
    };
    Ok(Service::named("expiration", kernel)
        .with_consumer(consumer)
        .with_job(Job::new("expiration", move |stop| expiration.clone().run(stop)).everywhere()))
}
