//! Reading and writing rows of payments.

use super::super::db::DbError;
use gateline_common::Timestamp;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::{OrderStanding, Payment};
use rusqlite::{Connection, OptionalExtension, Params};
use serde::de::DeserializeOwned;
use uuid::Uuid;

/// The documents that `sql` (one column) finds.
pub(super) fn documents<T: DeserializeOwned>(
    connection: &Connection,
    sql: &str,
    params: impl Params,
) -> Result<Vec<T>, DbError> {
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map(params, |row| row.get::<_, String>(0))?;
    let mut found = Vec::new();
    for document in rows {
        found.push(serde_json::from_str(&document?)?);
    }
    Ok(found)
}

pub(super) fn payment(connection: &Connection, id: PaymentId) -> Result<Option<Payment>, DbError> {
    let sql = "SELECT document FROM payments_payments WHERE id = ?1";
    Ok(documents(connection, sql, [id.0.as_bytes()])?.pop())
}

pub(super) fn of_order(connection: &Connection, order: OrderId) -> Result<Vec<Payment>, DbError> {
    let sql = "SELECT document FROM payments_payments WHERE order_id = ?1 ORDER BY rowid";
    documents(connection, sql, [order.0.as_bytes()])
}

/// Replaces or inserts.
pub(super) fn write(connection: &Connection, payment: &Payment) -> Result<(), DbError> {
    let status = serde_json::to_value(payment.status)?;
    connection
        .prepare_cached(
            "INSERT INTO payments_payments (id, order_id, status, check_at, document)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (id) DO UPDATE SET status = excluded.status,
                 check_at = excluded.check_at, document = excluded.document",
        )?
        .execute((
            payment.id.0.as_bytes(),
            payment.order.0.as_bytes(),
            status.as_str().unwrap_or_default(),
            payment.check_at.map(|at| at.0),
            serde_json::to_string(payment)?,
        ))?;
    Ok(())
}

pub(super) fn taken(connection: &Connection, order: OrderId) -> Result<Vec<PaymentId>, DbError> {
    let payments = of_order(connection, order)?.into_iter();
    let taken = payments.filter(Payment::is_taken);
    Ok(taken.map(|payment| payment.id).collect())
}

pub(super) fn standing(connection: &Connection, order: OrderId) -> Result<OrderStanding, DbError> {
    let sql = "SELECT document, closed FROM payments_orders WHERE order_id = ?1";
    let row: Option<(Option<String>, Option<i64>)> = connection
        .prepare_cached(sql)?
        .query_row([order.0.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (document, closed) = row.unwrap_or_default();
    let facts = document.map(|document| serde_json::from_str(&document));
    let sql = "SELECT payment FROM payments_refunds WHERE order_id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let refunded = statement.query_map([order.0.as_bytes()], |row| {
        Ok(PaymentId(Uuid::from_bytes(row.get(0)?)))
    })?;
    Ok(OrderStanding {
        facts: facts.transpose()?,
        closed: closed.map(Timestamp),
        payments: of_order(connection, order)?,
        refunded: refunded.collect::<Result<_, _>>()?,
    })
}

pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(Payment, OrderStanding)>, DbError> {
    let sql = "SELECT document FROM payments_payments
               WHERE check_at IS NOT NULL AND check_at <= ?1 ORDER BY check_at LIMIT ?2";
    let payments: Vec<Payment> = documents(connection, sql, (now.0, limit))?;
    let mut due = Vec::with_capacity(payments.len());
    for payment in payments {
        let standing = standing(connection, payment.order)?;
        due.push((payment, standing));
    }
    Ok(due)
}
