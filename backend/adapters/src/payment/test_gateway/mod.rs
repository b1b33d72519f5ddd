//! The built-in test gateway: no money moves, and it behaves as badly as it is
//! asked to (declines, pays late, pays twice, never pays).
//!
//! Always true: it keeps its own books in its own tables, as a real gateway does
//! elsewhere; a restart loses nothing of them. What it tells later it tells by
//! signed webhooks, repeated until they are taken. It is started only when the
//! configuration names it, and everything it pays is marked as a test.

mod books;
mod webhooks;

pub use webhooks::WebhookSink;

use crate::sqlite::Db;
use async_trait::async_trait;
use books::Entry;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::{
    Charge, ChargeRequest, Gateway, GatewayError, Method, Notice, RefundOutcome, RefundRequest,
};
use gateline_core::shared::{Clock, StoreError, random};
use std::sync::Arc;
use tokio::sync::Notify;

/// Tables of the test gateway's books.
pub const SCHEMA: &str = "
    CREATE TABLE payments_test_charges (
        reference TEXT PRIMARY KEY,
        key BLOB NOT NULL,
        order_id BLOB NOT NULL,
        document TEXT NOT NULL) STRICT;
    CREATE INDEX payments_test_charges_key ON payments_test_charges (key);
    CREATE INDEX payments_test_charges_order ON payments_test_charges (order_id);
    CREATE TABLE payments_test_refunds (
        key BLOB PRIMARY KEY,
        reference TEXT NOT NULL,
        minor INTEGER NOT NULL) STRICT;
    CREATE INDEX payments_test_refunds_reference ON payments_test_refunds (reference);
    CREATE TABLE payments_test_notices (
        id INTEGER PRIMARY KEY,
        due_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        body TEXT NOT NULL) STRICT;
    CREATE INDEX payments_test_notices_due ON payments_test_notices (due_at);
";

/// The test gateway.
pub struct TestGateway {
    db: Db,
    clock: Arc<dyn Clock>,
    /// Signs webhooks. Drawn anew at each start: what waits is signed when it
    /// is sent.
    secret: [u8; 32],
    filled: Notify,
}

impl TestGateway {
    /// With its books in `db`.
    #[must_use]
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self {
            db,
            clock,
            secret: random::bytes(),
            filled: Notify::new(),
        }
    }

    /// What it keeps of `order`, in minor units: charges that were paid, less
    /// what went back.
    ///
    /// # Errors
    /// Store failures.
    pub async fn kept_minor(&self, order: OrderId) -> Result<i64, StoreError> {
        let now = self.clock.now();
        self.db
            .read(move |connection| books::kept(connection, order, now))
            .await
    }
}

#[async_trait]
impl Gateway for TestGateway {
    fn name(&self) -> &'static str {
        "test"
    }

    fn test(&self) -> bool {
        true
    }

    fn offers(&self, method: Method) -> bool {
        matches!(method, Method::Test(_))
    }

    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, GatewayError> {
        let Method::Test(method) = request.method;
        let now = self.clock.now();
        let (key, order) = (request.key, request.order);
        let entries = Entry::of(request, method);
        let notices = webhooks::of(&entries, method, now);
        let charge = self
            .db
            .write(move |connection| {
                if let Some(known) = books::find(connection, key)? {
                    return Ok(known.charge(now));
                }
                for entry in &entries {
                    books::add(connection, entry, order)?;
                }
                for (due_at, body) in notices {
                    webhooks::add(connection, due_at, &body)?;
                }
                Ok(entries[0].charge(now))
            })
            .await
            .map_err(unreachable)?;
        self.filled.notify_one();
        Ok(charge)
    }

    async fn state(&self, key: PaymentId) -> Result<Option<Charge>, GatewayError> {
        let now = self.clock.now();
        self.db
            .read(move |connection| {
                let entry = books::find(connection, key)?;
                Ok(entry.map(|entry| entry.charge(now)))
            })
            .await
            .map_err(unreachable)
    }

    async fn cancel(&self, key: PaymentId) -> Result<Option<Charge>, GatewayError> {
        let now = self.clock.now();
        self.db
            .write(move |connection| books::give_up(connection, key, now))
            .await
            .map_err(unreachable)
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, GatewayError> {
        let now = self.clock.now();
        let request = request.clone();
        let refused = self
            .db
            .write(move |connection| books::refund(connection, &request, now))
            .await
            .map_err(unreachable)?;
        match refused {
            None => Ok(RefundOutcome::Completed),
            Some(why) => Err(GatewayError::Refused(why.to_owned())),
        }
    }

    fn read_webhook(&self, signature: &str, body: &[u8]) -> Result<Notice, GatewayError> {
        webhooks::read(&self.secret, signature, body)
    }
}

fn unreachable(error: StoreError) -> GatewayError {
    GatewayError::Unreachable(error.to_string())
}
