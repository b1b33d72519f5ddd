//! The test gateway's books: charges and refunds.

use crate::sqlite::DbError;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_common::{Money, Timestamp};
use gateline_core::payments::{Charge, ChargeRequest, Outcome, RefundRequest, TestMethod};
use rusqlite::{Connection, OptionalExtension};
use serde::{Deserialize, Serialize};

/// `pays_late` pays this long after the order's time ran out.
const LATE_BY_MS: i64 = 1_000;

/// One charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) key: PaymentId,
    pub(super) reference: String,
    pub(super) amount: Money,
    pub(super) state: State,
}

/// How a charge stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum State {
    Paid,
    Declined,
    Open,
    /// Open until then, paid from then on; can no longer be given up.
    PaysAt(Timestamp),
    GivenUp,
}

impl Entry {
    /// The charges that `method` makes of `request`; the first is the one that
    /// was asked for.
    pub(super) fn of(request: &ChargeRequest, method: TestMethod) -> Vec<Self> {
        let entry = |suffix: &str, state| Self {
            key: request.key,
            reference: format!("test_{}{suffix}", request.key.0.simple()),
            amount: request.amount,
            state,
        };
        let late = State::PaysAt(request.pay_by.plus_ms(LATE_BY_MS));
        match method {
            TestMethod::Pays => vec![entry("", State::Paid)],
            TestMethod::Declines => vec![entry("", State::Declined)],
            TestMethod::PaysLate => vec![entry("", late)],
            TestMethod::PaysTwice => vec![entry("", State::Paid), entry("_again", State::Paid)],
            TestMethod::NeverPays => vec![entry("", State::Open)],
        }
    }

    pub(super) fn charge(&self, now: Timestamp) -> Charge {
        let outcome = match &self.state {
            State::Paid => Outcome::Succeeded,
            State::PaysAt(at) if *at <= now => Outcome::Succeeded,
            State::Open | State::PaysAt(_) => Outcome::Pending,
            State::Declined => Outcome::Failed("The test gateway declined.".into()),
            State::GivenUp => Outcome::Failed("The payment was given up.".into()),
        };
        Charge {
            reference: self.reference.clone(),
            amount: self.amount,
            outcome,
        }
    }
}

pub(super) fn add(connection: &Connection, entry: &Entry, order: OrderId) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO payments_test_charges (reference, key, order_id, document)
             VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute((
            &entry.reference,
            entry.key.0.as_bytes(),
            order.0.as_bytes(),
            serde_json::to_string(entry)?,
        ))?;
    Ok(())
}

/// The charge of `key` (the first, if there are two).
pub(super) fn find(connection: &Connection, key: PaymentId) -> Result<Option<Entry>, DbError> {
    let sql = "SELECT document FROM payments_test_charges WHERE key = ?1 ORDER BY rowid LIMIT 1";
    let document: Option<String> = connection
        .prepare_cached(sql)?
        .query_row([key.0.as_bytes()], |row| row.get(0))
        .optional()?;
    let entry = document.map(|document| serde_json::from_str(&document));
    Ok(entry.transpose()?)
}

pub(super) fn give_up(
    connection: &Connection,
    key: PaymentId,
    now: Timestamp,
) -> Result<Option<Charge>, DbError> {
    let Some(mut entry) = find(connection, key)? else {
        return Ok(None);
    };
    if entry.state == State::Open {
        entry.state = State::GivenUp;
        connection
            .prepare_cached("UPDATE payments_test_charges SET document = ?2 WHERE reference = ?1")?
            .execute((&entry.reference, serde_json::to_string(&entry)?))?;
    }
    Ok(Some(entry.charge(now)))
}

/// Pays back; says why not.
pub(super) fn refund(
    connection: &Connection,
    request: &RefundRequest,
    now: Timestamp,
) -> Result<Option<&'static str>, DbError> {
    let key = request.key.0;
    let sql = "SELECT 1 FROM payments_test_refunds WHERE key = ?1";
    if connection.prepare_cached(sql)?.exists([key.as_bytes()])? {
        return Ok(None);
    }
    let sql = "SELECT document FROM payments_test_charges WHERE reference = ?1";
    let document: Option<String> = connection
        .prepare_cached(sql)?
        .query_row([&request.reference], |row| row.get(0))
        .optional()?;
    let Some(document) = document else {
        return Ok(Some("there is no such charge"));
    };
    let entry: Entry = serde_json::from_str(&document)?;
    if entry.charge(now).outcome != Outcome::Succeeded {
        return Ok(Some("the charge is not paid"));
    }
    let before = refunded(connection, &request.reference)?;
    let left = entry.amount.minor.saturating_sub(before);
    if entry.amount.currency != request.amount.currency || request.amount.minor > left {
        return Ok(Some("more than is left of the charge"));
    }
    connection
        .prepare_cached(
            "INSERT INTO payments_test_refunds (key, reference, minor) VALUES (?1, ?2, ?3)",
        )?
        .execute((key.as_bytes(), &request.reference, request.amount.minor))?;
    Ok(None)
}

fn refunded(connection: &Connection, reference: &str) -> Result<i64, DbError> {
    let sql = "SELECT coalesce(sum(minor), 0) FROM payments_test_refunds WHERE reference = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([reference], |row| row.get(0))?)
}

pub(super) fn kept(
    connection: &Connection,
    order: OrderId,
    now: Timestamp,
) -> Result<i64, DbError> {
    let sql = "SELECT document FROM payments_test_charges WHERE order_id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([order.0.as_bytes()], |row| row.get::<_, String>(0))?;
    let mut kept = 0;
    for document in rows {
        let entry: Entry = serde_json::from_str(&document?)?;
        if entry.charge(now).outcome == Outcome::Succeeded {
            kept += entry.amount.minor - refunded(connection, &entry.reference)?;
        }
    }
    Ok(kept)
}
