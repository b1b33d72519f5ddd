//! The queue of letters, and mail's copies of events and orders.

use super::commit;
use super::db::Db;
use super::migrate::Component;
use super::people::Rows;
use super::rows::{find, hit};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, OrderId};
use gateline_core::mail::{EventCopy, Letter, MailStore, OrderCopy};
use gateline_core::shared::{Commit, StoreError};

pub(super) const SCHEMA: Component = Component {
    name: "mail",
    steps: &[
        "
        CREATE TABLE mail_events (
            event INTEGER PRIMARY KEY,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL) STRICT;
        CREATE TABLE mail_orders (
            order_id BLOB PRIMARY KEY,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL) STRICT;
        CREATE TABLE mail_letters (
            key TEXT PRIMARY KEY,
            state TEXT NOT NULL,
            doc TEXT,
            attempts INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            queued_at INTEGER NOT NULL,
            settled_at INTEGER,
            reason TEXT) STRICT;
        CREATE INDEX mail_letters_due ON mail_letters (due_at) WHERE state = 'waiting';
    ",
        "
        CREATE INDEX mail_orders_event ON mail_orders (doc ->> '$.event', order_id);
    ",
    ],
};

/// Copies of orders have their buyers, and so have letters that could not be sent.
pub(super) const PEOPLE: Rows = Rows {
    service: "mail",
    events: "SELECT event, doc ->> '$.ends_at' AS ends_at FROM mail_events",
    rows: "SELECT order_id, doc FROM mail_orders
           WHERE doc ->> '$.event' = ?1 AND order_id > ?2 ORDER BY order_id LIMIT ?3",
    forget: |connection, document| {
        let order: OrderCopy = serde_json::from_str(document)?;
        let sql = "UPDATE mail_orders SET doc = ?2 WHERE order_id = ?1";
        let row = (
            order.order.0.as_bytes(),
            serde_json::to_string(&order.nameless())?,
        );
        hit(connection.prepare_cached(sql)?.execute(row)?)
    },
    given_up: Some(
        "UPDATE mail_letters SET doc = NULL
         WHERE state = 'refused' AND settled_at < ?1 AND doc IS NOT NULL",
    ),
};

/// The mail service's tables.
pub struct SqliteMail(pub Db);

#[async_trait]
impl MailStore for SqliteMail {
    async fn event(&self, id: EventId) -> Result<Option<EventCopy>, StoreError> {
        let sql = "SELECT doc FROM mail_events WHERE event = ?1";
        self.0
            .read(move |connection| find(connection, sql, [id.0]))
            .await
    }

    async fn note_event(&self, event: &EventCopy, commit: &Commit) -> Result<(), StoreError> {
        let (event, commit) = (event.clone(), commit.clone());
        self.0
            .write(move |connection| {
                let sql = "INSERT INTO mail_events (event, version, doc) VALUES (?1, ?2, ?3)
                    ON CONFLICT (event) DO UPDATE SET version = excluded.version, doc = excluded.doc
                    WHERE excluded.version > version";
                let row = (event.event.0, event.version, serde_json::to_string(&event)?);
                connection.prepare_cached(sql)?.execute(row)?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn order(&self, id: OrderId) -> Result<Option<OrderCopy>, StoreError> {
        let sql = "SELECT doc FROM mail_orders WHERE order_id = ?1";
        self.0
            .read(move |connection| find(connection, sql, [id.0.as_bytes()]))
            .await
    }

    async fn note_order(&self, order: &OrderCopy, commit: &Commit) -> Result<(), StoreError> {
        let (order, commit) = (order.clone(), commit.clone());
        self.0
            .write(move |connection| {
                let sql = "INSERT INTO mail_orders (order_id, version, doc) VALUES (?1, ?2, ?3)
                    ON CONFLICT (order_id) DO UPDATE
                    SET version = excluded.version, doc = excluded.doc
                    WHERE excluded.version > version";
                let doc = serde_json::to_string(&order)?;
                let row = (order.order.0.as_bytes(), order.version, doc);
                connection.prepare_cached(sql)?.execute(row)?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn enqueue(&self, letter: &Letter, commit: &Commit) -> Result<(), StoreError> {
        let (letter, commit) = (letter.clone(), commit.clone());
        self.0
            .write(move |connection| {
                let sql = "INSERT INTO mail_letters (key, state, doc, attempts, due_at, queued_at)
                    VALUES (?1, 'waiting', ?2, ?3, ?4, ?4) ON CONFLICT (key) DO NOTHING";
                let doc = serde_json::to_string(&letter)?;
                let row = (&letter.key, doc, letter.attempts, letter.queued_at.0);
                connection.prepare_cached(sql)?.execute(row)?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Letter>, StoreError> {
        self.0
            .read(move |connection| {
                let sql = "SELECT doc, attempts FROM mail_letters
                    WHERE state = 'waiting' AND due_at <= ?1 ORDER BY due_at LIMIT ?2";
                let mut statement = connection.prepare_cached(sql)?;
                let rows = statement.query_map((now.0, limit), |row| {
                    Ok((row.get::<_, String>(0)?, row.get(1)?))
                })?;
                let mut letters = Vec::new();
                for row in rows {
                    let (json, attempts) = row?;
                    let letter: Letter = serde_json::from_str(&json)?;
                    letters.push(Letter { attempts, ..letter });
                }
                Ok(letters)
            })
            .await
    }

    async fn sent(&self, key: &str, at: Timestamp) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.0
            .write(move |connection| {
                let sql = "UPDATE mail_letters SET state = 'sent', doc = NULL, reason = NULL,
                           settled_at = ?2 WHERE key = ?1";
                hit(connection.prepare_cached(sql)?.execute((key, at.0))?)
            })
            .await
    }

    async fn postpone(&self, key: &str, due: Timestamp) -> Result<(), StoreError> {
        let key = key.to_owned();
        self.0
            .write(move |connection| {
                let sql = "UPDATE mail_letters SET attempts = attempts + 1, due_at = ?2
                           WHERE key = ?1 AND state = 'waiting'";
                hit(connection.prepare_cached(sql)?.execute((key, due.0))?)
            })
            .await
    }

    async fn give_up(&self, key: &str, reason: &str, at: Timestamp) -> Result<(), StoreError> {
        let (key, reason) = (key.to_owned(), reason.to_owned());
        self.0
            .write(move |connection| {
                let sql = "UPDATE mail_letters SET state = 'refused', reason = ?2, settled_at = ?3
                           WHERE key = ?1 AND state = 'waiting'";
                hit(connection
                    .prepare_cached(sql)?
                    .execute((key, reason, at.0))?)
            })
            .await
    }
}
