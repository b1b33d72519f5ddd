//! The distributed stores against the promises of the ports.

use crate::contract::shared::Kernel;
use crate::servers;
use gateline_adapters::mongo::{MongoAnswers, MongoAuthStore, MongoOutbox, MongoRetention};
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

mod checkin {
    checkin_promises!(crate::put_back::open);
}
