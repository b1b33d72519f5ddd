//! Deciding and storing what happens to a payment, inside one transaction.

use super::super::commit;
use super::super::db::DbError;
use super::rows;
use gateline_common::Timestamp;
use gateline_common::bus::{OrderFacts, OrderStatus};
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::{Begin, Decide, Payment, PaymentError, PaymentStatus};
use gateline_core::shared::Commit;
use rusqlite::Connection;

/// What the domain says; the outer error undoes the job.
type Decided<T> = Result<Result<T, PaymentError>, DbError>;

pub(super) fn begin(connection: &Connection, begin: &Begin) -> Decided<Payment> {
    commit::refuse_answered(connection, begin.key.as_ref())?;
    learn(connection, &begin.facts, begin.version, None)?;
    let standing = rows::standing(connection, begin.facts.order)?;
    let payment = match (begin.decide)(&standing) {
        Ok(payment) => payment,
        // What was learned of the order stays: it is true.
        Err(error) => return Ok(Err(error)),
    };
    rows::write(connection, &payment)?;
    let mut commit = Commit::nothing();
    if let Some(key) = &begin.key {
        commit = commit.answering(Some(key.answer(&payment, payment.created_at)?));
    }
    commit::apply(connection, &commit)?;
    Ok(Ok(payment))
}

pub(super) fn change(
    connection: &Connection,
    id: PaymentId,
    now: Timestamp,
    decide: &Decide,
) -> Decided<Payment> {
    let Some(before) = rows::payment(connection, id)? else {
        return Ok(Err(PaymentError::NotFound));
    };
    let Some(change) = decide(&before) else {
        return Ok(Ok(before));
    };
    let mut second_is_new = false;
    if let Some(second) = &change.second {
        second_is_new = rows::payment(connection, second.id)?.is_none();
        if second_is_new {
            rows::write(connection, second)?;
        }
    }
    rows::write(connection, &change.payment)?;
    commit::apply(connection, &change.commit(&before, second_is_new, now))?;
    Ok(Ok(change.payment))
}

/// Takes an order's facts if they are newer. With `now`, open payments of an
/// order that no longer waits for money are due at once.
pub(super) fn learn(
    connection: &Connection,
    facts: &OrderFacts,
    version: u64,
    now: Option<Timestamp>,
) -> Result<(), DbError> {
    let order = facts.order.0;
    let newer = connection
        .prepare_cached(
            "INSERT INTO payments_orders (order_id, version, document) VALUES (?1, ?2, ?3)
             ON CONFLICT (order_id) DO UPDATE
             SET version = excluded.version, document = excluded.document
             WHERE excluded.version > payments_orders.version",
        )?
        .execute((order.as_bytes(), version, serde_json::to_string(facts)?))?;
    let unpaid = matches!(
        facts.status,
        OrderStatus::Created | OrderStatus::AwaitingPayment
    );
    let (Some(now), true, false) = (now, newer == 1, unpaid) else {
        return Ok(());
    };
    for mut payment in rows::of_order(connection, facts.order)? {
        if payment.status == PaymentStatus::Pending {
            payment.check_at = Some(now);
            payment.version += 1;
            rows::write(connection, &payment)?;
        }
    }
    Ok(())
}

pub(super) fn close(
    connection: &Connection,
    order: OrderId,
    until: Timestamp,
) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO payments_orders (order_id, closed) VALUES (?1, ?2)
             ON CONFLICT (order_id) DO UPDATE
             SET closed = max(excluded.closed, coalesce(payments_orders.closed, excluded.closed))",
        )?
        .execute((order.0.as_bytes(), until.0))?;
    Ok(())
}
