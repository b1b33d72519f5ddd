//! Tables of payments: payments, refunds, and what is known of orders.

mod begin;
mod refunds;
mod rows;
mod test_books;

pub(super) use test_books::SCHEMA as TEST_SCHEMA;
pub use test_books::SqliteTestBooks;

use super::commit;
use super::db::Db;
use super::migrate::Component;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::OrderFacts;
use gateline_common::ids::{OrderId, PaymentId, RefundId};
use gateline_core::payments::{Begin, Decide, Due, Payment, PaymentError, PaymentStore, Refund};
use gateline_core::shared::{Commit, StoreError};

pub(super) const SCHEMA: Component = Component {
    name: "payments",
    steps: &[
        "
        CREATE TABLE payments_orders (
            order_id BLOB PRIMARY KEY,
            version INTEGER NOT NULL DEFAULT 0,
            document TEXT,
            closed INTEGER) STRICT, WITHOUT ROWID;
        CREATE TABLE payments_payments (
            id BLOB PRIMARY KEY,
            order_id BLOB NOT NULL,
            status TEXT NOT NULL,
            check_at INTEGER,
            document TEXT NOT NULL) STRICT;
        CREATE INDEX payments_payments_order ON payments_payments (order_id, id);
        CREATE INDEX payments_payments_check ON payments_payments (check_at)
            WHERE check_at IS NOT NULL;
        CREATE TABLE payments_refunds (
            id BLOB PRIMARY KEY,
            payment BLOB NOT NULL UNIQUE,
            order_id BLOB NOT NULL,
            try_at INTEGER,
            document TEXT NOT NULL) STRICT;
        CREATE INDEX payments_refunds_order ON payments_refunds (order_id);
        CREATE INDEX payments_refunds_try ON payments_refunds (try_at)
            WHERE try_at IS NOT NULL;
    ",
        // Only the account was ever asked for again.
        "
        UPDATE payments_orders
            SET document = json_set(document, '$.buyer.email', '', '$.buyer.name', '')
            WHERE document IS NOT NULL;
    ",
    ],
};

/// The payment store of the embedded database.
pub struct SqlitePaymentStore(pub Db);

#[async_trait]
impl PaymentStore for SqlitePaymentStore {
    async fn begin(&self, begin: Begin) -> Result<Payment, PaymentError> {
        self.0
            .write(move |connection| begin::begin(connection, &begin))
            .await?
    }

    async fn change(
        &self,
        payment: PaymentId,
        now: Timestamp,
        decide: Decide,
    ) -> Result<Payment, PaymentError> {
        self.0
            .write(move |connection| begin::change(connection, payment, now, &decide))
            .await?
    }

    async fn learn_order(
        &self,
        facts: &OrderFacts,
        version: u64,
        now: Timestamp,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (facts, commit) = (facts.clone(), commit.clone());
        self.0
            .write(move |connection| {
                begin::learn(connection, &facts, version, Some(now))?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn taken(
        &self,
        order: OrderId,
        close: Option<Timestamp>,
    ) -> Result<Vec<PaymentId>, StoreError> {
        match close {
            None => {
                self.0
                    .read(move |connection| rows::taken(connection, order))
                    .await
            }
            Some(close) => {
                self.0
                    .write(move |connection| {
                        begin::close(connection, order, close)?;
                        rows::taken(connection, order)
                    })
                    .await
            }
        }
    }

    async fn find(&self, payment: PaymentId) -> Result<Option<Payment>, StoreError> {
        self.0
            .read(move |connection| rows::payment(connection, payment))
            .await
    }

    async fn of_order(&self, order: OrderId) -> Result<Vec<Payment>, StoreError> {
        self.0
            .read(move |connection| rows::of_order(connection, order))
            .await
    }

    async fn refund_of(&self, payment: PaymentId) -> Result<Option<Refund>, StoreError> {
        self.0
            .read(move |connection| refunds::of_payment(connection, payment))
            .await
    }

    async fn add_refund(&self, refund: &Refund, commit: &Commit) -> Result<(), StoreError> {
        let (refund, commit) = (refund.clone(), commit.clone());
        self.0
            .write(move |connection| {
                refunds::add(connection, &refund)?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn save_refund(&self, refund: &Refund, commit: &Commit) -> Result<(), StoreError> {
        let (refund, commit) = (refund.clone(), commit.clone());
        self.0
            .write(move |connection| {
                if refunds::save(connection, &refund)? {
                    commit::apply(connection, &commit)?;
                }
                Ok(())
            })
            .await
    }

    async fn find_refund(&self, refund: RefundId) -> Result<Option<Refund>, StoreError> {
        self.0
            .read(move |connection| refunds::find(connection, refund))
            .await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Due, StoreError> {
        self.0
            .read(move |connection| {
                Ok(Due {
                    payments: rows::due(connection, now, limit)?,
                    refunds: refunds::due(connection, now, limit)?,
                })
            })
            .await
    }

    async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        self.0
            .read(|connection| {
                let sql = "SELECT min(at) FROM (
                    SELECT min(check_at) AS at FROM payments_payments WHERE check_at IS NOT NULL
                    UNION ALL
                    SELECT min(try_at) FROM payments_refunds WHERE try_at IS NOT NULL)";
                let next: Option<i64> = connection
                    .prepare_cached(sql)?
                    .query_row([], |row| row.get(0))?;
                Ok(next.map(Timestamp))
            })
            .await
    }
}
