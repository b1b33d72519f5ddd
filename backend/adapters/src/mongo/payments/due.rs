//! What waits for the job of payments.

use super::{orders, refunds, rows};
use crate::mongo::db::MongoDb;
use crate::mongo::documents::{id, id_of, number_of, state};
use crate::mongo::error::MongoError;
use crate::mongo::schema;
use gateline_common::Timestamp;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::{OrderStanding, Payment, Refund};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;
use std::collections::HashMap;

pub(super) async fn payments(
    db: &MongoDb,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(Payment, OrderStanding)>, MongoError> {
    let due: Vec<Payment> = waiting(db, "payments", "check_at", now, limit).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Bson> = due.iter().map(|payment| id(payment.order.0)).collect();
    let standings = standings(db, &ids).await?;
    let due = due.into_iter().map(|payment| {
        let standing = standings.get(&payment.order).cloned();
        (payment, standing.unwrap_or_default())
    });
    Ok(due.collect())
}

async fn standings(
    db: &MongoDb,
    ids: &[Bson],
) -> Result<HashMap<OrderId, OrderStanding>, MongoError> {
    let mut standings: HashMap<OrderId, OrderStanding> = HashMap::new();
    let filter = doc! {"_id": {"$in": ids}};
    for document in db.find("orders", filter, FindOptions::default()).await? {
        let order = OrderId(id_of(&document, "_id")?);
        let row = orders::read(order, document)?;
        let standing = standings.entry(order).or_default();
        (standing.facts, standing.closed) = (row.facts, row.closed);
    }
    for payment in rows::of_orders(db, ids).await? {
        let standing = standings.entry(payment.order).or_default();
        standing.payments.push(payment);
    }
    for (order, payment) in refunds::payments_of(db, ids).await? {
        standings.entry(order).or_default().refunded.push(payment);
    }
    Ok(standings)
}

pub(super) async fn refunds(
    db: &MongoDb,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(Refund, Option<Payment>)>, MongoError> {
    let due: Vec<Refund> = waiting(db, "refunds", "try_at", now, limit).await?;
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Bson> = due.iter().map(|of| id(of.facts.payment.0)).collect();
    let filter = doc! {"_id": {"$in": ids}};
    let mut payments: HashMap<PaymentId, Payment> = HashMap::new();
    for document in db.find("payments", filter, FindOptions::default()).await? {
        let payment: Payment = state(document)?;
        payments.insert(payment.id, payment);
    }
    let due = due.into_iter().map(|refund| {
        let payment = payments.get(&refund.facts.payment).cloned();
        (refund, payment)
    });
    Ok(due.collect())
}

/// What `collection` has that is due by the time in `field`, longest waiting
/// first.
async fn waiting<T: serde::de::DeserializeOwned>(
    db: &MongoDb,
    collection: &str,
    field: &str,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<T>, MongoError> {
    let options = FindOptions::builder()
        .sort(doc! {field: 1})
        .limit(i64::from(limit))
        .build();
    let filter = doc! {field: schema::set_up_to(now.0)};
    let found = db.find(collection, filter, options).await?;
    found.into_iter().map(state).collect()
}

/// The first time in `field`.
pub(super) async fn first(
    db: &MongoDb,
    collection: &str,
    field: &str,
) -> Result<Option<Timestamp>, MongoError> {
    let options = FindOptions::builder()
        .sort(doc! {field: 1})
        .projection(doc! {field: 1})
        .limit(1)
        .build();
    let filter = doc! {field: schema::set()};
    let found: Vec<Document> = db.find(collection, filter, options).await?;
    let at = found.first().map(|document| number_of(document, field));
    Ok(at.transpose()?.map(Timestamp))
}
