//! What the market is played on.

use crate::servers;
use gateline_adapters::mongo::{
    MongoAnswers, MongoOrderStore, MongoOutbox, MongoPaymentStore, MongoTestBooks,
};
use gateline_adapters::payment::Books;
use gateline_adapters::sqlite::{
    Db, SqliteAnswers, SqliteOrderStore, SqliteOutbox, SqlitePaymentStore, SqliteScheduleStore,
    SqliteTestBooks,
};
use gateline_core::expiration::ScheduleStore;
use gateline_core::orders::OrderStore;
use gateline_core::payments::PaymentStore;
use gateline_core::shared::{Answers, Outbox};
use std::sync::Arc;

/// The stores of orders, payments, expiration and the test gateway. Each service
/// may have an outbox of its own.
pub(super) struct Stores {
    pub(super) orders: Arc<dyn OrderStore>,
    pub(super) order_answers: Arc<dyn Answers>,
    pub(super) payments: Arc<dyn PaymentStore>,
    pub(super) payment_answers: Arc<dyn Answers>,
    pub(super) schedule: Arc<dyn ScheduleStore>,
    pub(super) books: Arc<dyn Books>,
    pub(super) outboxes: Vec<Arc<dyn Outbox>>,
    _folder: tempfile::TempDir,
}

fn file() -> (Db, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&folder.path().join("market.db")).unwrap();
    (db, folder)
}

impl Stores {
    /// All of it in one file.
    pub(super) async fn embedded() -> Self {
        let (db, folder) = file();
        Self {
            orders: Arc::new(SqliteOrderStore(db.clone())),
            order_answers: Arc::new(SqliteAnswers(db.clone())),
            payments: Arc::new(SqlitePaymentStore(db.clone())),
            payment_answers: Arc::new(SqliteAnswers(db.clone())),
            schedule: Arc::new(SqliteScheduleStore(db.clone())),
            books: Arc::new(SqliteTestBooks(db.clone())),
            outboxes: vec![Arc::new(SqliteOutbox(db))],
            _folder: folder,
        }
    }

    /// Orders and payments in a MongoDB database each. The schedule, which is
    /// not what is tested here, lies in a file.
    pub(super) async fn distributed() -> Self {
        let server = servers::mongo().await;
        let orders = MongoOrderStore::open(&server).await.unwrap();
        let payments = MongoPaymentStore::open(&server).await.unwrap();
        let (db, folder) = file();
        Self {
            order_answers: Arc::new(MongoAnswers(orders.clone())),
            payments: Arc::new(MongoPaymentStore(payments.clone())),
            payment_answers: Arc::new(MongoAnswers(payments.clone())),
            schedule: Arc::new(SqliteScheduleStore(db.clone())),
            books: Arc::new(MongoTestBooks(payments.clone())),
            outboxes: vec![
                Arc::new(MongoOutbox(orders.clone())),
                Arc::new(MongoOutbox(payments)),
                Arc::new(SqliteOutbox(db)),
            ],
            orders: Arc::new(MongoOrderStore::over(orders)),
            _folder: folder,
        }
    }
}
