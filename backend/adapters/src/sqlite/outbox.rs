//! Outbox, inbox and kept answers.

use super::db::Db;
use super::migrate::Component;
use async_trait::async_trait;
use gateline_common::{Hash, Timestamp};
use gateline_core::shared::{
    Answers, IdempotencyKey, Outbox, OutboxEntry, Retention, StoreError, StoredAnswer,
};
use rusqlite::OptionalExtension;
use std::collections::HashSet;
use uuid::{Builder, Uuid};

pub(super) const SCHEMA: Component = Component {
    name: "shared",
    steps: &["
        CREATE TABLE outbox (
            id BLOB PRIMARY KEY,
            envelope TEXT NOT NULL,
            attempts INTEGER NOT NULL,
            due_at INTEGER NOT NULL,
            committed_at INTEGER NOT NULL) STRICT;
        CREATE INDEX outbox_due ON outbox (due_at, id);
        CREATE TABLE inbox (
            consumer TEXT NOT NULL,
            event BLOB NOT NULL,
            PRIMARY KEY (consumer, event)) STRICT, WITHOUT ROWID;
        CREATE TABLE answers (
            scope TEXT NOT NULL,
            key TEXT NOT NULL,
            fingerprint BLOB NOT NULL,
            body TEXT NOT NULL,
            at INTEGER NOT NULL,
            PRIMARY KEY (scope, key)) STRICT, WITHOUT ROWID;
    "],
};

/// The outbox of the embedded store.
pub struct SqliteOutbox(pub Db);

#[async_trait]
impl Outbox for SqliteOutbox {
    async fn due(
        &self,
        now: Timestamp,
        limit: u32,
        on_the_way: &HashSet<Uuid>,
    ) -> Result<Vec<OutboxEntry>, StoreError> {
        let on_the_way = on_the_way.clone();
        self.0
            .read(move |connection| {
                // Ids are in the index; an envelope is read only where it is wanted.
                let mut ids = connection.prepare_cached(
                    "SELECT id FROM outbox WHERE due_at <= ?1 ORDER BY due_at, id LIMIT ?2",
                )?;
                let most = on_the_way.len() + limit as usize;
                let ids = ids.query_map((now.0, most), |row| Ok(Uuid::from_bytes(row.get(0)?)))?;
                let mut entry = connection
                    .prepare_cached("SELECT envelope, attempts FROM outbox WHERE id = ?1")?;
                let mut entries = Vec::new();
                for id in ids {
                    let id = id?;
                    if entries.len() == limit as usize {
                        break;
                    }
                    if !on_the_way.contains(&id) {
                        let (json, attempts): (String, u32) = entry
                            .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))?;
                        entries.push(OutboxEntry {
                            envelope: serde_json::from_str(&json)?,
                            attempts,
                        });
                    }
                }
                Ok(entries)
            })
            .await
    }

    async fn published(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        let ids = ids.to_vec();
        self.0
            .write(move |connection| {
                let mut delete = connection.prepare_cached("DELETE FROM outbox WHERE id = ?1")?;
                for id in ids {
                    delete.execute([id.as_bytes()])?;
                }
                Ok(())
            })
            .await
    }

    async fn postpone(&self, ids: &[(Uuid, Timestamp)]) -> Result<(), StoreError> {
        let ids = ids.to_vec();
        self.0
            .write(move |connection| {
                let mut update = connection.prepare_cached(
                    "UPDATE outbox SET attempts = attempts + 1, due_at = ?2 WHERE id = ?1",
                )?;
                for (id, at) in ids {
                    update.execute((id.as_bytes(), at.0))?;
                }
                Ok(())
            })
            .await
    }

    async fn wait(&self) {
        self.0.outbox_filled.notified().await;
    }

    async fn backlog(&self) -> Result<(u64, Option<Timestamp>), StoreError> {
        self.0
            .read(|connection| {
                let sql = "SELECT count(*), min(committed_at) FROM outbox";
                Ok(connection.query_row(sql, [], |row| {
                    let oldest: Option<i64> = row.get(1)?;
                    Ok((row.get(0)?, oldest.map(Timestamp)))
                })?)
            })
            .await
    }
}

/// What may be forgotten of the embedded store.
pub struct SqliteRetention(pub Db);

#[async_trait]
impl Retention for SqliteRetention {
    async fn forget_before(&self, before: Timestamp) -> Result<u64, StoreError> {
        // Ids of events are time-ordered; a mark stays as long as its event may
        // come again.
        let first_kept = Builder::from_unix_timestamp_millis(before.0.max(0) as u64, &[0; 10]);
        let first_kept = first_kept.into_uuid();
        self.0
            .write(move |connection| {
                let answers = connection
                    .prepare_cached("DELETE FROM answers WHERE at < ?1")?
                    .execute([before.0])?;
                let marks = connection
                    .prepare_cached(
                        "DELETE FROM inbox WHERE event < ?1
                         AND event NOT IN (SELECT id FROM outbox)",
                    )?
                    .execute([first_kept.as_bytes()])?;
                Ok((answers + marks) as u64)
            })
            .await
    }
}

/// Kept answers of the embedded store.
pub struct SqliteAnswers(pub Db);

#[async_trait]
impl Answers for SqliteAnswers {
    async fn find(&self, scope: &str, key: &str) -> Result<Option<StoredAnswer>, StoreError> {
        let (scope, key) = (scope.to_owned(), key.to_owned());
        self.0
            .read(move |connection| {
                let sql = "SELECT fingerprint, body, at FROM answers WHERE scope = ?1 AND key = ?2";
                let answer = connection
                    .prepare_cached(sql)?
                    .query_row((&scope, &key), |row| {
                        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                    })
                    .optional()?;
                Ok(answer.map(|(fingerprint, body, at)| StoredAnswer {
                    key: IdempotencyKey {
                        scope,
                        key,
                        fingerprint: Hash(fingerprint),
                    },
                    body,
                    at: Timestamp(at),
                }))
            })
            .await
    }
}
