//! What is known of orders: the newest facts, up to when they are closed for
//! charges, and the turns of those who wrote of them.

use super::rows;
use crate::mongo::db::Tx;
use crate::mongo::documents::{id, number, number_of, state, written};
use crate::mongo::error::{MongoError, on_duplicate};
use gateline_common::Timestamp;
use gateline_common::bus::{OrderFacts, OrderStatus};
use gateline_common::ids::OrderId;
use gateline_core::payments::PaymentStatus;
use mongodb::bson::{Bson, Document, doc};

/// The document of one order; empty as long as there is none.
pub(super) struct Row {
    order: OrderId,
    version: Option<u64>,
    pub(super) facts: Option<OrderFacts>,
    pub(super) closed: Option<Timestamp>,
    turn: i64,
}

pub(super) async fn row(tx: &mut Tx, order: OrderId) -> Result<Row, MongoError> {
    match tx.find_one("orders", doc! {"_id": id(order.0)}).await? {
        Some(document) => read(order, document),
        None => read(order, Document::new()),
    }
}

pub(super) fn read(order: OrderId, document: Document) -> Result<Row, MongoError> {
    let held = |name: &str| match document.get(name) {
        None | Some(Bson::Null) => Ok(None),
        Some(_) => number_of(&document, name).map(Some),
    };
    let version = held("version")?.map(|version| version.unsigned_abs());
    let closed = held("closed")?.map(Timestamp);
    let turn = held("turn")?.unwrap_or(0);
    let facts = document.contains_key("doc").then(|| state(document));
    Ok(Row {
        order,
        version,
        facts: facts.transpose()?,
        closed,
        turn,
    })
}

impl Row {
    /// Takes facts that are newer; says whether they are.
    pub(super) fn take(&mut self, facts: &OrderFacts, version: u64) -> bool {
        let newer = self.version.is_none_or(|held| version > held);
        if newer {
            self.version = Some(version);
            self.facts = Some(facts.clone());
        }
        newer
    }

    /// Stores it, and takes a turn; says which.
    pub(super) async fn write(&self, tx: &mut Tx) -> Result<i64, MongoError> {
        let turn = self.turn + 1;
        let mut fields = doc! {"turn": turn};
        if let (Some(version), Some(facts)) = (self.version, &self.facts) {
            fields.insert("version", number(version));
            fields.insert("doc", written(facts)?);
        }
        if let Some(closed) = self.closed {
            fields.insert("closed", closed.0);
        }
        let key = doc! {"_id": id(self.order.0)};
        let stored = tx.upsert("orders", key, doc! {"$set": fields}).await;
        on_duplicate(stored, MongoError::Again)?;
        Ok(turn)
    }
}

/// Takes an order's facts if they are newer. Open payments of an order that no
/// longer waits for money are due at once.
pub(super) async fn learn(
    tx: &mut Tx,
    facts: &OrderFacts,
    version: u64,
    now: Timestamp,
) -> Result<(), MongoError> {
    let mut row = row(tx, facts.order).await?;
    if !row.take(facts, version) {
        return Ok(());
    }
    row.write(tx).await?;
    let unpaid = matches!(
        facts.status,
        OrderStatus::Created | OrderStatus::AwaitingPayment
    );
    if unpaid {
        return Ok(());
    }
    for mut payment in rows::of_order(tx, facts.order).await? {
        if payment.status == PaymentStatus::Pending {
            payment.check_at = Some(now);
            payment.version += 1;
            rows::update(tx, &payment).await?;
        }
    }
    Ok(())
}

/// From this transaction on no charge begins for a deadline up to `until`.
pub(super) async fn close(tx: &mut Tx, order: OrderId, until: Timestamp) -> Result<(), MongoError> {
    let mut row = row(tx, order).await?;
    row.closed = row.closed.max(Some(until));
    row.write(tx).await.map(drop)
}
