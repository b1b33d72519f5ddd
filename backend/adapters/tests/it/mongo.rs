//! The distributed stores against the promises of the ports.

use crate::contract::shared::Kernel;
use crate::servers;
use gateline_adapters::mongo::{
    MongoAnswers, MongoAuthStore, MongoEventStore, MongoLeases, MongoMailStore, MongoOrderStore,
    MongoOutbox, MongoPaymentStore, MongoRetention, MongoScheduleStore, MongoServer,
    MongoTestBooks, MongoTicketStore,
};
use gateline_adapters::seal::StoreKeys;
use gateline_core::shared::StoreError;
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

mod orders {
    use super::*;

    async fn open() -> (MongoOrderStore, ()) {
        let db = MongoOrderStore::open(&servers::mongo().await).await;
        (MongoOrderStore::over(db.unwrap()), ())
    }
    order_promises!(open);

    /// As two processes have it.
    async fn open_twice() -> ([MongoOrderStore; 2], ()) {
        let server = servers::mongo().await;
        let db = MongoOrderStore::open(&server).await.unwrap();
        let other = MongoOrderStore::open(&server).await.unwrap();
        ([db, other].map(MongoOrderStore::over), ())
    }
    order_races!(open_twice);
}

mod payments {
    use super::*;

    async fn open() -> (MongoPaymentStore, ()) {
        let db = MongoPaymentStore::open(&servers::mongo().await).await;
        (MongoPaymentStore(db.unwrap()), ())
    }
    payment_promises!(open);

    async fn open_twice() -> ([MongoPaymentStore; 2], ()) {
        let db = open().await.0.0;
        ([db.clone(), db].map(MongoPaymentStore), ())
    }
    payment_races!(open_twice);
}

mod test_gateway {
    use super::*;

    async fn open() -> (MongoTestBooks, ()) {
        let db = MongoPaymentStore::open(&servers::mongo().await).await;
        (MongoTestBooks(db.unwrap()), ())
    }
    test_gateway_promises!(open);
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

mod people {
    use super::*;
    use crate::contract::people::Services;
    use gateline_adapters::mongo::{MongoCheckIn, MongoPeople};

    async fn open() -> Services {
        let server = servers::mongo().await;
        let orders = MongoOrderStore::open(&server).await.unwrap();
        let tickets = MongoTicketStore::open(&server).await.unwrap();
        let checkin = MongoCheckIn::open(&server).await.unwrap();
        let mail = MongoMailStore::open(&server).await.unwrap();
        let keys = Arc::new(StoreKeys::new([1; 32], &[]));
        Services {
            orders: (
                Box::new(MongoOrderStore::over(orders.clone())),
                Box::new(MongoPeople::of_orders(orders)),
            ),
            tickets: (
                Box::new(MongoTicketStore(tickets.clone(), keys.clone())),
                Box::new(MongoPeople::of_tickets(tickets)),
            ),
            checkin: (
                Box::new(MongoCheckIn::new(checkin.clone(), keys)),
                Box::new(MongoPeople::of_checkin(checkin)),
            ),
            mail: (
                Box::new(MongoMailStore(mail.clone())),
                Box::new(MongoPeople::of_mail(mail)),
            ),
            _keep: Box::new(()),
        }
    }
    people_promises!(open);
}

mod checkin {
    checkin_promises!(crate::put_back::open);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_away_and_not_a_failure() {
    let nobody = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=100";
    let server = MongoServer::at(nobody, "test").await.unwrap();
    let opened = MongoMailStore::open(&server).await;
    assert!(matches!(opened.map(drop), Err(StoreError::Away(_))));
}
