//! The distributed stores against the promises of the ports.

use crate::contract::shared::Kernel;
use crate::servers;
use gateline_adapters::mongo::{
    MongoAnswers, MongoAuthStore, MongoLeases, MongoOutbox, MongoRetention,
};
use std::sync::Arc;

pub(crate) async fn kernel() -> Kernel {
    let server = servers::mongo().await;
    let db = MongoAuthStore::open(&server).await.unwrap();
    Kernel {
        outbox: Arc::new(MongoOutbox(db.clone())),
        answers: Arc::new(MongoAnswers(db.clone())),
        retention: Arc::new(MongoRetention(db.clone())),
        auth: Arc::new(MongoAuthStore(db)),
        _keep: Box::new(()),
    }
}

mod shared {
    shared_promises!(super::kernel);
}

mod auth {
    auth_promises!(super::kernel);
}

mod lease {
    async fn open() -> (super::MongoLeases, ()) {
        let server = super::servers::mongo().await;
        let db = super::MongoAuthStore::open(&server).await.unwrap();
        (super::MongoLeases(db), ())
    }
    lease_promises!(open);
}

mod pricing {
    use crate::servers;
    use gateline_adapters::mongo::MongoPricing;

    async fn open() -> (MongoPricing, ()) {
        let server = servers::mongo().await;
        let db = MongoPricing::open(&server).await.unwrap();
        (MongoPricing(db), ())
    }
    pricing_promises!(open);
}
