//! Documents of refunds.

use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{id, id_of, written};
use crate::mongo::error::{MongoError, on_duplicate};
use crate::mongo::schema;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::Refund;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;

/// Stores a new refund; one that is known, or another of its payment, stays.
pub(super) async fn add(tx: &mut Tx, refund: &Refund) -> Result<(), MongoError> {
    let (refund_id, payment) = (id(refund.facts.refund.0), id(refund.facts.payment.0));
    let known = doc! {"$or": [{"_id": refund_id.clone()}, {"payment": payment.clone()}]};
    if tx.find_one("refunds", known).await?.is_some() {
        return Ok(());
    }
    let document = doc! {
        "_id": refund_id,
        "payment": payment,
        "order": id(refund.facts.order.0),
        "try_at": refund.try_at.map(|at| at.0),
        "doc": written(refund)?,
    };
    on_duplicate(tx.insert("refunds", document).await, MongoError::Again)
}

/// Replaces a refund that waits; says whether it did.
pub(super) async fn save(tx: &mut Tx, refund: &Refund) -> Result<bool, MongoError> {
    let waits = doc! {"_id": id(refund.facts.refund.0), "try_at": schema::set()};
    let change = doc! {"$set": {
        "try_at": refund.try_at.map(|at| at.0),
        "doc": written(refund)?,
    }};
    Ok(tx.update("refunds", waits, change).await? == 1)
}

/// The payments of an order that go back or went back.
pub(super) async fn payments_in(tx: &mut Tx, order: OrderId) -> Result<Vec<PaymentId>, MongoError> {
    let filter = doc! {"order": id(order.0)};
    let found = tx.find("refunds", filter, payments_only()).await?;
    found.iter().map(payment_of).collect()
}

/// Those of several orders, each with its order.
pub(super) async fn payments_of(
    db: &MongoDb,
    orders: &[Bson],
) -> Result<Vec<(OrderId, PaymentId)>, MongoError> {
    let filter = doc! {"order": {"$in": orders}};
    let found = db.find("refunds", filter, payments_only()).await?;
    let pairs = found
        .iter()
        .map(|refund| Ok((OrderId(id_of(refund, "order")?), payment_of(refund)?)));
    pairs.collect()
}

fn payments_only() -> FindOptions {
    let fields = doc! {"order": 1, "payment": 1};
    FindOptions::builder().projection(fields).build()
}

fn payment_of(refund: &Document) -> Result<PaymentId, MongoError> {
    Ok(PaymentId(id_of(refund, "payment")?))
}
