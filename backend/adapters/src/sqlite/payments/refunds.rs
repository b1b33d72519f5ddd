//! Rows of refunds.

use super::super::db::DbError;
use super::rows::{documents, payment};
use gateline_common::Timestamp;
use gateline_common::ids::{PaymentId, RefundId};
use gateline_core::payments::{Payment, Refund};
use rusqlite::Connection;

pub(super) fn add(connection: &Connection, refund: &Refund) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO payments_refunds (id, payment, order_id, try_at, document)
             VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
        )?
        .execute((
            refund.facts.refund.0.as_bytes(),
            refund.facts.payment.0.as_bytes(),
            refund.facts.order.0.as_bytes(),
            refund.try_at.map(|at| at.0),
            serde_json::to_string(refund)?,
        ))?;
    Ok(())
}

/// Replaces a refund that waits; says whether it did.
pub(super) fn save(connection: &Connection, refund: &Refund) -> Result<bool, DbError> {
    let changed = connection
        .prepare_cached(
            "UPDATE payments_refunds SET try_at = ?2, document = ?3
             WHERE id = ?1 AND try_at IS NOT NULL",
        )?
        .execute((
            refund.facts.refund.0.as_bytes(),
            refund.try_at.map(|at| at.0),
            serde_json::to_string(refund)?,
        ))?;
    Ok(changed == 1)
}

pub(super) fn find(connection: &Connection, id: RefundId) -> Result<Option<Refund>, DbError> {
    let sql = "SELECT document FROM payments_refunds WHERE id = ?1";
    Ok(documents(connection, sql, [id.0.as_bytes()])?.pop())
}

pub(super) fn of_payment(
    connection: &Connection,
    payment: PaymentId,
) -> Result<Option<Refund>, DbError> {
    let sql = "SELECT document FROM payments_refunds WHERE payment = ?1";
    Ok(documents(connection, sql, [payment.0.as_bytes()])?.pop())
}

pub(super) fn due(
    connection: &Connection,
    now: Timestamp,
    limit: u32,
) -> Result<Vec<(Refund, Option<Payment>)>, DbError> {
    let sql = "SELECT document FROM payments_refunds
               WHERE try_at IS NOT NULL AND try_at <= ?1 ORDER BY try_at LIMIT ?2";
    let refunds: Vec<Refund> = documents(connection, sql, (now.0, limit))?;
    let mut due = Vec::with_capacity(refunds.len());
    for refund in refunds {
        let payment = payment(connection, refund.facts.payment)?;
        due.push((refund, payment));
    }
    Ok(due)
}
