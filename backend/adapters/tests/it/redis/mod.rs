//! What processes share in Redis, against the promises of the ports, and without
//! Redis.

mod away;
mod emptied;
mod sessions;

use crate::servers;
use gateline_adapters::redis::{
    RedisDueIndex, RedisRates, RedisRevocations, RedisSales, RedisSignals,
};

mod rates {
    async fn open() -> (super::RedisRates, ()) {
        (super::RedisRates::new(super::servers::redis()), ())
    }
    rate_promises!(open);
}

mod revocations {
    async fn open() -> (super::RedisRevocations, ()) {
        (super::RedisRevocations::new(super::servers::redis()), ())
    }
    revocation_promises!(open);
}

mod signals {
    async fn open() -> (super::RedisSignals, ()) {
        (super::RedisSignals::start(super::servers::redis()), ())
    }
    signal_promises!(open);
}

mod live {
    use crate::contract::live::Instances;
    use gateline_adapters::live::LiveOverSignals;
    use std::sync::Arc;

    async fn open() -> Instances {
        let server = super::servers::redis();
        let instance = || {
            let signals = super::RedisSignals::start(server.clone());
            Arc::new(LiveOverSignals::start(Arc::new(signals)))
        };
        Instances {
            one: instance(),
            other: instance(),
            _keep: Box::new(()),
        }
    }
    live_promises!(open);
}

mod due_index {
    async fn open() -> (super::RedisDueIndex, ()) {
        (super::RedisDueIndex::new(super::servers::redis()), ())
    }
    due_index_promises!(open);
}

mod sales {
    async fn open() -> (super::RedisSales, ()) {
        (super::RedisSales::new(super::servers::redis()), ())
    }
    sale_promises!(open);
}

/// The order store behind the cache keeps every promise of an order store.
mod cached_orders {
    use gateline_adapters::sqlite::{Db, SqliteOrderStore};
    use gateline_core::orders::CachedSales;
    use std::sync::Arc;

    async fn open() -> (CachedSales, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let db = Db::open(&folder.path().join("test.db")).unwrap();
        let cache = super::RedisSales::new(super::servers::redis());
        let store = CachedSales::new(Arc::new(SqliteOrderStore(db)), Arc::new(cache));
        (store, folder)
    }
    order_promises!(open);
}
