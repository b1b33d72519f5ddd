//! Assembles the service `checkin`: its adapters, routes, consumers and jobs.

use super::Engines;
use super::engines::{embedded, own};
use super::people::forgetting;
use crate::context::Context;
use crate::http;
use crate::kernel::Kernel;
use crate::service::Service;
use crate::tls;
use gateline_adapters::documents::Matrix;
use gateline_adapters::live::LiveOverSignals;
use gateline_adapters::mongo::{MongoCheckIn, MongoPeople};
use gateline_adapters::redis::RedisSignals;
use gateline_adapters::sqlite::{SqliteCheckIn, SqlitePeople};
use gateline_common::Hash;
use gateline_core::checkin::{CheckIn, CheckInStore, Settings, consumer};
use gateline_core::shared::People;
use gateline_core::shared::people::Kept;
use std::sync::Arc;

pub(super) async fn service(context: &Context, engines: &Engines) -> anyhow::Result<Service> {
    let certificate = match context.config.tls_self_signed {
        true => tls::from(&context.config)?.map(|tls| Hash(tls.fingerprint)),
        false => None,
    };
    let settings = Settings {
        public_url: context.config.address(),
        certificate,
    };
    let (store, people, kernel): (Arc<dyn CheckInStore>, Arc<dyn People>, Kernel) = match engines {
        Engines::Embedded(db) => (
            Arc::new(SqliteCheckIn(db.clone())),
            Arc::new(SqlitePeople::of_checkin(db.clone())),
            embedded(db),
        ),
        Engines::Distributed(engines) => {
            let db = MongoCheckIn::open(&engines.mongo).await?;
            let kernel = own("checkin", &db);
            let people = Arc::new(MongoPeople::of_checkin(db.clone()));
            let store = Arc::new(MongoCheckIn::new(db, engines.seals()?));
            (store, people, kernel)
        }
    };
    let mut service = CheckIn::new(store, Arc::clone(&context.clock), settings);
    if let Engines::Distributed(engines) = engines {
        let signals = RedisSignals::start(engines.redis.clone());
        service = service.with_live(Arc::new(LiveOverSignals::start(Arc::new(signals))));
    }
    let service = Arc::new(service);
    Ok(Service::named("checkin", kernel)
        .with_routes(http::checkin::routes(context, &service, draw))
        .with_consumer(consumer(service))
        .with_job_of(forgetting(context, "checkin-people", people, Kept::Copied)))
}

fn draw(text: &str) -> Result<String, String> {
    let matrix = Matrix::of_text(text).map_err(|error| error.to_string())?;
    Ok(matrix.svg())
}
