//! The distributed stores against the promises of the ports.

use crate::contract::shared::Kernel;
use crate::servers;
use gateline_adapters::mongo::{
    MongoAnswers, MongoAuthStore, MongoEventStore, MongoMailStore, MongoOutbox, MongoRetention,
    MongoScheduleStore, MongoTicketStore,
};
use gateline_adapters::seal::StoreKeys;
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

mod events {
    use super::*;

    async fn open() -> (MongoEventStore, ()) {
        let db = MongoEventStore::open(&servers::mongo().await).await;
        (MongoEventStore(db.unwrap()), ())
    }
    event_promises!(open);
}

mod tickets {
    use super::*;

    async fn open() -> (MongoTicketStore, ()) {
        let db = MongoTicketStore::open(&servers::mongo().await).await;
        let keys = Arc::new(StoreKeys::new([1; 32], &[]));
        (MongoTicketStore(db.unwrap(), keys), ())
    }
    ticket_promises!(open);
}

mod mail {
    use super::*;

    async fn open() -> (MongoMailStore, ()) {
        let db = MongoMailStore::open(&servers::mongo().await).await;
        (MongoMailStore(db.unwrap()), ())
    }
    mail_promises!(open);
}

mod expiration {
    use super::*;

    async fn open() -> (MongoScheduleStore, ()) {
        let db = MongoScheduleStore::open(&servers::mongo().await).await;
        (MongoScheduleStore(db.unwrap()), ())
    }
    expiration_promises!(open);
}
