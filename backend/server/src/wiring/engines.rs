//! Where the services keep their state: the one place that chooses between the
//! embedded store and MongoDB.

use crate::config::Config;
use crate::kernel::Kernel;
use anyhow::Context as _;
use gateline_adapters::mongo::{
    MongoAnswers, MongoDb, MongoLeases, MongoMigrations, MongoOutbox, MongoRetention, MongoServer,
};
use gateline_adapters::private;
use gateline_adapters::rate::InProcessRates;
use gateline_adapters::redis::{RedisRates, RedisServer};
use gateline_adapters::seal::StoreKeys;
use gateline_adapters::sqlite::{Db, SqliteAnswers, SqliteOutbox, SqliteRetention};
use gateline_core::shared::rate::RateLimits;
use std::sync::Arc;

/// The engines of this process.
#[derive(Clone)]
pub(crate) enum Engines {
    /// One SQLite file.
    Embedded(Db),
    /// MongoDB, a database for each service.
    Distributed(Distributed),
}

/// What processes that share their work reach.
#[derive(Clone)]
pub(crate) struct Distributed {
    pub(super) mongo: MongoServer,
    pub(super) redis: RedisServer,
    /// Seals signing keys; only where one of their services runs.
    seals: Option<Arc<StoreKeys>>,
}

impl Engines {
    /// Opens or reaches what the configuration names.
    pub(crate) async fn open(config: &Config) -> anyhow::Result<Self> {
        if let Some(url) = &config.mongodb_url {
            let mongo = MongoServer::at(url, &config.name_prefix).await;
            let redis = config.redis_url.as_deref().context("redis_url")?;
            let redis = RedisServer::at(redis, &config.name_prefix);
            return Ok(Self::Distributed(Distributed {
                mongo: mongo.context("mongodb_url")?,
                redis: redis.context("redis_url")?,
                seals: seals(config).context("store_key_file")?,
            }));
        }
        let folder = &config.data;
        private::make_folder(folder)
            .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
        let db = Db::open_with(&folder.join("gateline.db"), &config.store_key_file())
            .with_context(|| format!("cannot open the store in {}", folder.display()))?;
        Ok(Self::Embedded(db))
    }
}

impl Engines {
    /// Where requests are counted.
    pub(super) fn rates(&self) -> Arc<dyn RateLimits> {
        match self {
            Self::Embedded(_) => Arc::new(InProcessRates::default()),
            Self::Distributed(engines) => Arc::new(RedisRates::new(engines.redis.clone())),
        }
    }
}

impl Distributed {
    /// The keys that seal signing keys.
    pub(super) fn seals(&self) -> anyhow::Result<Arc<StoreKeys>> {
        self.seals.clone().context("store_key_file is not set")
    }
}

/// The keys of the file that all instances share. It is never made here: two
/// instances would make two.
fn seals(config: &Config) -> anyhow::Result<Option<Arc<StoreKeys>>> {
    if config.store_key_file.is_none() {
        return Ok(None);
    }
    let file = config.store_key_file();
    let keys = file.read()?.with_context(|| {
        let path = file.path().display();
        format!("{path} is not there: make it once, with `gateline store-key make`")
    })?;
    Ok(Some(Arc::new(keys)))
}

/// The kernel of the embedded store.
pub(super) fn embedded(db: &Db) -> Kernel {
    let checked = db.clone();
    Kernel {
        database: "embedded",
        answers: Arc::new(SqliteAnswers(db.clone())),
        outbox: Arc::new(SqliteOutbox(db.clone())),
        retention: Arc::new(SqliteRetention(db.clone())),
        leases: None,
        migrations: None,
        check: Arc::new(move || {
            let db = checked.clone();
            Box::pin(async move { db.check().await })
        }),
    }
}

/// The kernel of a service's own database.
pub(super) fn own(service: &'static str, db: &MongoDb) -> Kernel {
    let (checked, migrated) = (db.clone(), db.clone());
    Kernel {
        database: service,
        answers: Arc::new(MongoAnswers(db.clone())),
        outbox: Arc::new(MongoOutbox(db.clone())),
        retention: Arc::new(MongoRetention(db.clone())),
        leases: Some(Arc::new(MongoLeases(db.clone()))),
        migrations: Some(Arc::new(move |stop| {
            let migrations = MongoMigrations(migrated.clone());
            Box::pin(migrations.run(stop))
        })),
        check: Arc::new(move || {
            let db = checked.clone();
            Box::pin(async move { db.check().await })
        }),
    }
}
