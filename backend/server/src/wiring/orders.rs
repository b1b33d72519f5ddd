//! Assembles the service `orders`: its adapters, routes, consumers and jobs.

use super::Engines;
use super::bus::SALE_NEWS;
use super::engines::{embedded, own};
use super::people::forgetting;
use crate::config::ServiceName;
use crate::context::Context;
use crate::http;
use crate::kernel::Kernel;
use crate::service::{Job, Service};
use anyhow::Context as _;
use gateline_adapters::mongo::{MongoOrderStore, MongoPeople};
use gateline_adapters::redis::RedisSales;
use gateline_adapters::remote::{Remote, RemoteCharges};
use gateline_adapters::same_process::{ChargesHere, OrdersHere};
use gateline_adapters::sqlite::{SqliteOrderStore, SqlitePeople};
use gateline_core::orders::{
    CachedSales, Charges, KINDS, OrderStore, Orders, SALE_KINDS, SaleCache, SaleNews,
};
use gateline_core::shared::people::Kept;
use gateline_core::shared::{Consumer, People};
use std::sync::Arc;

pub(super) async fn service(context: &Context, engines: &Engines) -> anyhow::Result<Service> {
    let hold_ms = i64::try_from(context.config.order_hold_seconds)?.saturating_mul(1000);
    let Stored {
        store,
        people,
        kernel,
    } = store(engines).await?;
    let cache = match engines {
        Engines::Embedded(_) => None,
        Engines::Distributed(engines) => {
            let cache = RedisSales::new(engines.redis.clone());
            Some(Arc::new(cache) as Arc<dyn SaleCache>)
        }
    };
    let store = match &cache {
        Some(cache) => Arc::new(CachedSales::new(store, Arc::clone(cache))),
        None => store,
    };
    let orders = Orders::new(
        Arc::clone(&store),
        charges(context, engines).await?,
        Arc::clone(&kernel.answers),
        Arc::clone(&context.clock),
        hold_ms,
    );
    let consumer = Consumer {
        name: "orders",
        kinds: KINDS,
        handler: Arc::new(orders.clone()),
    };
    let desk = OrdersHere {
        store,
        clock: Arc::clone(&context.clock),
    };
    let ending = orders.clone();
    let service = Service::named("orders", kernel)
        .with_routes(http::orders::routes(orders))
        .with_internal(http::internal::orders(context, Arc::new(desk)))
        .with_consumer(consumer)
        .with_job(Job::new("orders", move |stop| ending.clone().run(stop)))
        .with_job_of(forgetting(context, "orders-people", people, Kept::Own));
    Ok(match cache {
        Some(cache) => service.with_consumer(Consumer {
            name: SALE_NEWS,
            kinds: SALE_KINDS,
            handler: Arc::new(SaleNews(cache)),
        }),
        None => service,
    })
}

/// The store of this process, and what it has of people.
pub(super) async fn store(engines: &Engines) -> anyhow::Result<Stored> {
    match engines {
        Engines::Embedded(db) => Ok(Stored {
            store: Arc::new(SqliteOrderStore(db.clone())),
            people: Arc::new(SqlitePeople::of_orders(db.clone())),
            kernel: embedded(db),
        }),
        Engines::Distributed(engines) => {
            let db = MongoOrderStore::open(&engines.mongo).await?;
            Ok(Stored {
                people: Arc::new(MongoPeople::of_orders(db.clone())),
                kernel: own("orders", &db),
                store: Arc::new(MongoOrderStore::over(db)),
            })
        }
    }
}

/// What orders are kept in.
pub(super) struct Stored {
    pub(super) store: Arc<dyn OrderStore>,
    people: Arc<dyn People>,
    kernel: Kernel,
}

/// Where charges are asked for.
async fn charges(context: &Context, engines: &Engines) -> anyhow::Result<Arc<dyn Charges>> {
    if context.config.runs(ServiceName::Payments) {
        let (store, _) = super::payments::store(engines).await?;
        return Ok(Arc::new(ChargesHere(store)));
    }
    let url = context.config.payments_url.as_deref();
    let remote = Remote::at(url.context("payments_url")?, &context.secrets.services);
    Ok(Arc::new(RemoteCharges(remote.context("payments_url")?)))
}
