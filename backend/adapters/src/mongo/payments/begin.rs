//! Deciding and storing what happens to a payment, inside one transaction.

use super::{orders, refunds, rows};
use crate::mongo::commit;
use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::id;
use crate::mongo::error::MongoError;
use gateline_common::Timestamp;
use gateline_common::ids::PaymentId;
use gateline_core::payments::{Begin, Change, Decide, OrderStanding, Payment, PaymentError};
use gateline_core::shared::{Commit, StoreError};
use mongodb::bson::doc;

/// What the domain says; the outer error undoes the transaction.
type Decided = Result<Result<Payment, PaymentError>, StoreError>;

pub(super) async fn begin(db: &MongoDb, begin: &Begin) -> Decided {
    transact!(db, |tx| {
        commit::refuse_answered(&mut tx, begin.key.as_ref()).await?;
        let order = begin.facts.order;
        let mut row = orders::row(&mut tx, order).await?;
        let learned = row.take(&begin.facts, begin.version);
        let standing = OrderStanding {
            facts: row.facts.clone(),
            closed: row.closed,
            payments: rows::of_order(&mut tx, order).await?,
            refunded: refunds::payments_in(&mut tx, order).await?,
        };
        let payment = match (begin.decide)(&standing) {
            Ok(payment) => payment,
            Err(error) => {
                if learned {
                    // What was learned of the order stays: it is true.
                    row.write(&mut tx).await?;
                }
                return Ok(Err(error));
            }
        };
        let turn = row.write(&mut tx).await?;
        rows::insert(&mut tx, &payment, turn).await?;
        let mut commit = Commit::nothing();
        if let Some(key) = &begin.key {
            commit = commit.answering(Some(key.answer(&payment, payment.created_at)?));
        }
        commit::apply(&mut tx, &commit).await?;
        Ok(Ok(payment))
    })
}

pub(super) async fn change(
    db: &MongoDb,
    payment: PaymentId,
    now: Timestamp,
    decide: &Decide,
) -> Decided {
    transact!(db, |tx| {
        let Some(before) = rows::payment_in(&mut tx, payment).await? else {
            return Ok(Err(PaymentError::NotFound));
        };
        let Some(change) = decide(&before) else {
            return Ok(Ok(before));
        };
        let second_is_new = add_second(&mut tx, &change).await?;
        if change.payment != before {
            rows::update(&mut tx, &change.payment).await?;
        }
        let commit = change.commit(&before, second_is_new, now);
        commit::apply(&mut tx, &commit).await?;
        Ok(Ok(change.payment))
    })
}

/// Stores the second payment of `change`, unless it is known.
async fn add_second(tx: &mut Tx, change: &Change) -> Result<bool, MongoError> {
    let Some(second) = &change.second else {
        return Ok(false);
    };
    let known = tx.find_one("payments", doc! {"_id": id(second.id.0)});
    if known.await?.is_some() {
        return Ok(false);
    }
    let turn = orders::row(tx, second.order).await?.write(tx).await?;
    rows::insert(tx, second, turn).await?;
    Ok(true)
}
