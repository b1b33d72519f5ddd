//! Documents of payments. Those of one order are ordered by the `turn` in which
//! each was added.

use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{id, state, written};
use crate::mongo::error::{MongoError, on_duplicate};
use crate::mongo::read::Read;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::Payment;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;

fn oldest_first() -> FindOptions {
    FindOptions::builder().sort(doc! {"turn": 1}).build()
}

pub(super) async fn of_order(
    from: &mut impl Read,
    order: OrderId,
) -> Result<Vec<Payment>, MongoError> {
    let filter = doc! {"order": id(order.0)};
    let found = from.all("payments", filter, oldest_first()).await?;
    found.into_iter().map(state).collect()
}

/// Those of several orders.
pub(super) async fn of_orders(db: &MongoDb, orders: &[Bson]) -> Result<Vec<Payment>, MongoError> {
    let filter = doc! {"order": {"$in": orders}};
    let found = db.find("payments", filter, oldest_first()).await?;
    found.into_iter().map(state).collect()
}

pub(super) async fn payment_in(
    tx: &mut Tx,
    payment: PaymentId,
) -> Result<Option<Payment>, MongoError> {
    let found = tx.find_one("payments", doc! {"_id": id(payment.0)});
    found.await?.map(state).transpose()
}

pub(super) async fn insert(tx: &mut Tx, payment: &Payment, turn: i64) -> Result<(), MongoError> {
    let mut document = fields(payment)?;
    document.insert("_id", id(payment.id.0));
    document.insert("order", id(payment.order.0));
    document.insert("turn", turn);
    on_duplicate(tx.insert("payments", document).await, MongoError::Again)
}

pub(super) async fn update(tx: &mut Tx, payment: &Payment) -> Result<(), MongoError> {
    let change = doc! {"$set": fields(payment)?};
    tx.update("payments", doc! {"_id": id(payment.id.0)}, change)
        .await?;
    Ok(())
}

fn fields(payment: &Payment) -> Result<Document, MongoError> {
    Ok(doc! {
        "status": written(&payment.status)?,
        "check_at": payment.check_at.map(|at| at.0),
        "doc": written(payment)?,
    })
}
