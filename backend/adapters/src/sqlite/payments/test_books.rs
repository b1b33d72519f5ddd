//! Tables of the test gateway's books.

use crate::payment::{Books, DueWebhook, Entry, State, Webhook, refusal};
use crate::sqlite::db::{Db, DbError};
use crate::sqlite::migrate::Component;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::RefundRequest;
use gateline_core::shared::StoreError;
use rusqlite::{Connection, OptionalExtension};

pub(in crate::sqlite) const SCHEMA: Component = Component {
    name: "payments_test",
    steps: &["
    CREATE TABLE payments_test_charges (
        reference TEXT PRIMARY KEY,
        key BLOB NOT NULL,
        order_id BLOB NOT NULL,
        document TEXT NOT NULL) STRICT;
    CREATE INDEX payments_test_charges_key ON payments_test_charges (key);
    CREATE INDEX payments_test_charges_order ON payments_test_charges (order_id);
    CREATE TABLE payments_test_refunds (
        key BLOB PRIMARY KEY,
        reference TEXT NOT NULL,
        minor INTEGER NOT NULL) STRICT;
    CREATE INDEX payments_test_refunds_reference ON payments_test_refunds (reference);
    CREATE TABLE payments_test_notices (
        id INTEGER PRIMARY KEY,
        due_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        body TEXT NOT NULL) STRICT;
    CREATE INDEX payments_test_notices_due ON payments_test_notices (due_at);
"],
};

/// The test gateway's books in the embedded database.
pub struct SqliteTestBooks(pub Db);

#[async_trait]
impl Books for SqliteTestBooks {
    async fn enter(
        &self,
        order: OrderId,
        entries: &[Entry],
        webhooks: &[Webhook],
    ) -> Result<Option<Entry>, StoreError> {
        let (entries, webhooks) = (entries.to_vec(), webhooks.to_vec());
        self.0
            .write(move |connection| enter(connection, order, &entries, &webhooks))
            .await
    }

    async fn find(&self, key: PaymentId) -> Result<Option<Entry>, StoreError> {
        self.0.read(move |connection| find(connection, key)).await
    }

    async fn give_up(&self, key: PaymentId) -> Result<Option<Entry>, StoreError> {
        self.0
            .write(move |connection| give_up(connection, key))
            .await
    }

    async fn refund(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<Option<&'static str>, StoreError> {
        let request = request.clone();
        self.0
            .write(move |connection| refund(connection, &request, now))
            .await
    }

    async fn of_order(&self, order: OrderId) -> Result<Vec<(Entry, i64)>, StoreError> {
        self.0
            .read(move |connection| of_order(connection, order))
            .await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<DueWebhook>, StoreError> {
        self.0
            .read(move |connection| due(connection, now, limit))
            .await
    }

    async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        self.0.read(next).await
    }

    async fn sent(&self, id: &str, again_at: Option<Timestamp>) -> Result<(), StoreError> {
        let id: i64 = id
            .parse()
            .map_err(|_| StoreError::Failed(format!("{id} is no webhook")))?;
        self.0
            .write(move |connection| sent(connection, id, again_at))
            .await
    }
}

fn enter(
    connection: &Connection,
    order: OrderId,
    entries: &[Entry],
    webhooks: &[Webhook],
) -> Result<Option<Entry>, DbError> {
    for entry in entries {
        if let Some(known) = find(connection, entry.key)? {
            return Ok(Some(known));
        }
    }
    let mut charge = connection.prepare_cached(
        "INSERT INTO payments_test_charges (reference, key, order_id, document)
         VALUES (?1, ?2, ?3, ?4)",
    )?;
    for entry in entries {
        charge.execute((
            &entry.reference,
            entry.key.0.as_bytes(),
            order.0.as_bytes(),
            serde_json::to_string(entry)?,
        ))?;
    }
    let mut notice = connection.prepare_cached(
        "INSERT INTO payments_test_notices (due_at, attempts, body) VALUES (?1, 0, ?2)",
    )?;
    for webhook in webhooks {
        notice.execute((webhook.due_at.0, &webhook.body))?;
    }
    Ok(None)
}

fn find(connection: &Connection, key: PaymentId) -> Result<Option<Entry>, DbError> {
    let sql = "SELECT document FROM payments_test_charges WHERE key = ?1 ORDER BY rowid LIMIT 1";
    let document: Option<String> = connection
        .prepare_cached(sql)?
        .query_row([key.0.as_bytes()], |row| row.get(0))
        .optional()?;
    let entry = document.map(|document| serde_json::from_str(&document));
    Ok(entry.transpose()?)
}

fn give_up(connection: &Connection, key: PaymentId) -> Result<Option<Entry>, DbError> {
    let Some(mut entry) = find(connection, key)? else {
        return Ok(None);
    };
    if entry.state == State::Open {
        entry.state = State::GivenUp;
        connection
            .prepare_cached("UPDATE payments_test_charges SET document = ?2 WHERE reference = ?1")?
            .execute((&entry.reference, serde_json::to_string(&entry)?))?;
    }
    Ok(Some(entry))
}

fn refund(
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
    let entry: Option<Entry> = document
        .map(|document| serde_json::from_str(&document))
        .transpose()?;
    let before = refunded(connection, &request.reference)?;
    let charge = entry.as_ref().map(|entry| (entry, before));
    let refused = refusal(charge, request, now);
    if refused.is_none() {
        connection
            .prepare_cached(
                "INSERT INTO payments_test_refunds (key, reference, minor) VALUES (?1, ?2, ?3)",
            )?
            .execute((key.as_bytes(), &request.reference, request.amount.minor))?;
    }
    Ok(refused)
}

fn refunded(connection: &Connection, reference: &str) -> Result<i64, DbError> {
    let sql = "SELECT coalesce(sum(minor), 0) FROM payments_test_refunds WHERE reference = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    Ok(statement.query_row([reference], |row| row.get(0))?)
}

fn of_order(connection: &Connection, order: OrderId) -> Result<Vec<(Entry, i64)>, DbError> {
    let sql = "SELECT document FROM payments_test_charges WHERE order_id = ?1";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([order.0.as_bytes()], |row| row.get::<_, String>(0))?;
    let mut charges = Vec::new();
    for document in rows {
        let entry: Entry = serde_json::from_str(&document?)?;
        let refunded = refunded(connection, &entry.reference)?;
        charges.push((entry, refunded));
    }
    Ok(charges)
}

fn due(connection: &Connection, now: Timestamp, limit: u32) -> Result<Vec<DueWebhook>, DbError> {
    let mut statement = connection.prepare_cached(
        "SELECT id, attempts, body FROM payments_test_notices
         WHERE due_at <= ?1 ORDER BY due_at LIMIT ?2",
    )?;
    let rows = statement.query_map((now.0, limit), |row| {
        Ok(DueWebhook {
            id: row.get::<_, i64>(0)?.to_string(),
            attempts: row.get(1)?,
            body: row.get(2)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn next(connection: &Connection) -> Result<Option<Timestamp>, DbError> {
    let sql = "SELECT min(due_at) FROM payments_test_notices";
    let mut statement = connection.prepare_cached(sql)?;
    let next: Option<i64> = statement.query_row([], |row| row.get(0))?;
    Ok(next.map(Timestamp))
}

fn sent(connection: &Connection, id: i64, again_at: Option<Timestamp>) -> Result<(), DbError> {
    match again_at {
        None => {
            let sql = "DELETE FROM payments_test_notices WHERE id = ?1";
            connection.prepare_cached(sql)?.execute([id])?;
        }
        Some(at) => {
            let sql = "UPDATE payments_test_notices
                       SET attempts = attempts + 1, due_at = ?2 WHERE id = ?1";
            connection.prepare_cached(sql)?.execute((id, at.0))?;
        }
    }
    Ok(())
}
