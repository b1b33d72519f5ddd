//! The embedded store against the promises of the ports.

use crate::contract::shared::Kernel;
use gateline_adapters::sqlite::{
    Db, SqliteAnswers, SqliteAuthStore, SqliteOutbox, SqliteRetention,
};
use std::sync::Arc;

pub(crate) async fn kernel() -> Kernel {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("test.db")).unwrap();
    Kernel {
        outbox: Arc::new(SqliteOutbox(db.clone())),
        answers: Arc::new(SqliteAnswers(db.clone())),
        retention: Arc::new(SqliteRetention(db.clone())),
        auth: Arc::new(SqliteAuthStore(db)),
        _keep: Box::new(folder),
    }
}

mod shared {
    shared_promises!(super::kernel);
}

mod auth {
    auth_promises!(super::kernel);
}

/// A fresh database, and the folder that it lives in.
fn database() -> (Db, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("test.db")).unwrap();
    (db, folder)
}

mod events {
    async fn open() -> (gateline_adapters::sqlite::SqliteEvents, tempfile::TempDir) {
        let (db, folder) = super::database();
        (gateline_adapters::sqlite::SqliteEvents(db), folder)
    }
    event_promises!(open);
}

mod tickets {
    async fn open() -> (gateline_adapters::sqlite::SqliteTickets, tempfile::TempDir) {
        let (db, folder) = super::database();
        (gateline_adapters::sqlite::SqliteTickets(db), folder)
    }
    ticket_promises!(open);
}

mod mail {
    async fn open() -> (gateline_adapters::sqlite::SqliteMail, tempfile::TempDir) {
        let (db, folder) = super::database();
        (gateline_adapters::sqlite::SqliteMail(db), folder)
    }
    mail_promises!(open);
}

mod orders {
    async fn open() -> (
        gateline_adapters::sqlite::SqliteOrderStore,
        tempfile::TempDir,
    ) {
        let (db, folder) = super::database();
        (gateline_adapters::sqlite::SqliteOrderStore(db), folder)
    }
    order_promises!(open);

    async fn open_twice() -> (
        [gateline_adapters::sqlite::SqliteOrderStore; 2],
        tempfile::TempDir,
    ) {
        let (db, folder) = super::database();
        let twice = [db.clone(), db].map(gateline_adapters::sqlite::SqliteOrderStore);
        (twice, folder)
    }
    order_races!(open_twice);
}

mod payments {
    async fn open() -> (
        gateline_adapters::sqlite::SqlitePaymentStore,
        tempfile::TempDir,
    ) {
        let (db, folder) = super::database();
        (gateline_adapters::sqlite::SqlitePaymentStore(db), folder)
    }
    payment_promises!(open);

    async fn open_twice() -> (
        [gateline_adapters::sqlite::SqlitePaymentStore; 2],
        tempfile::TempDir,
    ) {
        let (db, folder) = super::database();
        let twice = [db.clone(), db].map(gateline_adapters::sqlite::SqlitePaymentStore);
        (twice, folder)
    }
    payment_races!(open_twice);
}

mod test_gateway {
    async fn open() -> (
        gateline_adapters::sqlite::SqliteTestBooks,
        tempfile::TempDir,
    ) {
        let (db, folder) = super::database();
        (gateline_adapters::sqlite::SqliteTestBooks(db), folder)
    }
    test_gateway_promises!(open);
}

mod pricing {
    async fn open() -> (gateline_adapters::sqlite::SqlitePricing, tempfile::TempDir) {
        let (db, folder) = super::database();
        (gateline_adapters::sqlite::SqlitePricing(db), folder)
    }
    pricing_promises!(open);
}

mod expiration {
    async fn open() -> (
        gateline_adapters::sqlite::SqliteScheduleStore,
        tempfile::TempDir,
    ) {
        let (db, folder) = super::database();
        (gateline_adapters::sqlite::SqliteScheduleStore(db), folder)
    }
    expiration_promises!(open);
}

mod checkin {
    async fn open() -> (gateline_adapters::sqlite::SqliteCheckIn, tempfile::TempDir) {
        let (db, folder) = super::database();
        (gateline_adapters::sqlite::SqliteCheckIn(db), folder)
    }
    checkin_promises!(open);
}

mod people {
    use crate::contract::people::Services;
    use gateline_adapters::sqlite::{
        SqliteCheckIn, SqliteMail, SqliteOrderStore, SqlitePeople, SqliteTickets,
    };

    async fn open() -> Services {
        let (db, folder) = super::database();
        let of = || db.clone();
        Services {
            orders: (
                Box::new(SqliteOrderStore(of())),
                Box::new(SqlitePeople::of_orders(of())),
            ),
            tickets: (
                Box::new(SqliteTickets(of())),
                Box::new(SqlitePeople::of_tickets(of())),
            ),
            checkin: (
                Box::new(SqliteCheckIn(of())),
                Box::new(SqlitePeople::of_checkin(of())),
            ),
            mail: (
                Box::new(SqliteMail(of())),
                Box::new(SqlitePeople::of_mail(of())),
            ),
            _keep: Box::new(folder),
        }
    }
    people_promises!(open);
}

#[tokio::test]
async fn the_last_handle_waits_until_the_file_is_closed() {
    let (db, folder) = database();
    let log = folder.path().join("test.db-wal");
    let other = db.clone();
    db.check().await.unwrap();
    drop(db);
    assert!(log.exists(), "there is a handle left");
    other.write(|_| Ok(())).await.unwrap();
    drop(other);
    // SQLite removes it when the last connection closes.
    assert!(!log.exists());
}
