//! Payments, refunds, and what is known of orders.
//!
//! Always true: whoever adds a payment to an order, closes the order for charges
//! or learns of it writes the document of the order, so that of two that meet
//! one is tried again and sees what the other did. Each takes the next `turn`
//! there; an update that changes nothing would not be a write.

mod begin;
mod due;
mod orders;
mod refunds;
mod rows;
mod test_books;

pub use test_books::MongoTestBooks;

use super::commit;
use super::db::{MongoDb, MongoServer};
use super::documents::{id, state};
use super::migrations::{self, Step};
use super::read::Held;
use super::schema::{Index, Kept, Schema};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::OrderFacts;
use gateline_common::ids::{OrderId, PaymentId, RefundId};
use gateline_core::payments::{Begin, Decide, Due, Payment, PaymentError, PaymentStore, Refund};
use gateline_core::shared::{Commit, StoreError};
use mongodb::bson::doc;

const SCHEMA: Schema = Schema {
    service: "payments",
    version: 1,
    collections: &[
        Kept {
            name: "orders",
            indexes: &[],
        },
        Kept {
            name: "payments",
            indexes: &[
                Index::of(&["order", "turn"]),
                Index::of(&["check_at"]).where_set("check_at"),
            ],
        },
        Kept {
            name: "refunds",
            indexes: &[
                Index::unique(&["payment"]),
                Index::of(&["order"]),
                Index::of(&["try_at"]).where_set("try_at"),
            ],
        },
        test_books::CHARGES,
        test_books::REFUNDS,
        test_books::NOTICES,
    ],
    // Only the account was ever asked for again.
    steps: &[Step {
        name: "names and addresses leave what payments knows of orders",
        run: |db| Box::pin(migrations::nameless_buyers(db)),
    }],
};

/// The payment store of the distributed mode.
pub struct MongoPaymentStore(pub MongoDb);

impl MongoPaymentStore {
    /// The database of the service, with the books of the test gateway.
    ///
    /// # Errors
    /// When it cannot be reached, or is of a newer version.
    pub async fn open(server: &MongoServer) -> Result<MongoDb, StoreError> {
        server.open(&SCHEMA).await
    }
}

#[async_trait]
impl PaymentStore for MongoPaymentStore {
    async fn begin(&self, begin: Begin) -> Result<Payment, PaymentError> {
        begin::begin(&self.0, &begin).await?
    }

    async fn change(
        &self,
        payment: PaymentId,
        now: Timestamp,
        decide: Decide,
    ) -> Result<Payment, PaymentError> {
        begin::change(&self.0, payment, now, &decide).await?
    }

    async fn learn_order(
        &self,
        facts: &OrderFacts,
        version: u64,
        now: Timestamp,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            orders::learn(&mut tx, facts, version, now).await?;
            commit::apply(&mut tx, commit).await
        })
    }

    async fn taken(
        &self,
        order: OrderId,
        close: Option<Timestamp>,
    ) -> Result<Vec<PaymentId>, StoreError> {
        let payments = match close {
            None => rows::of_order(&mut Held(&self.0), order).await?,
            Some(close) => transact!(self.0, |tx| {
                orders::close(&mut tx, order, close).await?;
                rows::of_order(&mut tx, order).await
            })?,
        };
        let taken = payments.iter().filter(|payment| payment.is_taken());
        Ok(taken.map(|payment| payment.id).collect())
    }

    async fn find(&self, payment: PaymentId) -> Result<Option<Payment>, StoreError> {
        let found = self.0.find_one("payments", doc! {"_id": id(payment.0)});
        Ok(found.await?.map(state).transpose()?)
    }

    async fn of_order(&self, order: OrderId) -> Result<Vec<Payment>, StoreError> {
        Ok(rows::of_order(&mut Held(&self.0), order).await?)
    }

    async fn refund_of(&self, payment: PaymentId) -> Result<Option<Refund>, StoreError> {
        let found = self.0.find_one("refunds", doc! {"payment": id(payment.0)});
        Ok(found.await?.map(state).transpose()?)
    }

    async fn add_refund(&self, refund: &Refund, commit: &Commit) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            refunds::add(&mut tx, refund).await?;
            commit::apply(&mut tx, commit).await
        })
    }

    async fn save_refund(&self, refund: &Refund, commit: &Commit) -> Result<(), StoreError> {
        transact!(self.0, |tx| {
            if refunds::save(&mut tx, refund).await? {
                commit::apply(&mut tx, commit).await?;
            }
            Ok(())
        })
    }

    async fn find_refund(&self, refund: RefundId) -> Result<Option<Refund>, StoreError> {
        let found = self.0.find_one("refunds", doc! {"_id": id(refund.0)});
        Ok(found.await?.map(state).transpose()?)
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Due, StoreError> {
        Ok(Due {
            payments: due::payments(&self.0, now, limit).await?,
            refunds: due::refunds(&self.0, now, limit).await?,
        })
    }

    async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        let check = due::first(&self.0, "payments", "check_at").await?;
        let refund = due::first(&self.0, "refunds", "try_at").await?;
        Ok(check.into_iter().chain(refund).min())
    }
}
