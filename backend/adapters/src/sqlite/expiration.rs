//! The table of expiration: one row per order; one without a deadline remembers
//! the version, so that older news is not scheduled again.

use super::commit;
use super::db::Db;
use super::migrate::Component;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::OrderId;
use gateline_core::expiration::{Deadline, ScheduleStore};
use gateline_core::shared::{Commit, StoreError};
use uuid::Uuid;

pub(super) const SCHEMA: Component = Component {
    name: "expiration",
    steps: &["
        CREATE TABLE expiration_schedule (
            order_id BLOB PRIMARY KEY,
            version INTEGER NOT NULL,
            due INTEGER) STRICT, WITHOUT ROWID;
        CREATE INDEX expiration_schedule_due ON expiration_schedule (due)
            WHERE due IS NOT NULL;
    "],
};

/// The schedule of the embedded database.
pub struct SqliteScheduleStore(pub Db);

#[async_trait]
impl ScheduleStore for SqliteScheduleStore {
    async fn set(
        &self,
        order: OrderId,
        due: Option<Timestamp>,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let commit = commit.clone();
        self.0
            .write(move |connection| {
                connection
                    .prepare_cached(
                        "INSERT INTO expiration_schedule (order_id, version, due)
                         VALUES (?1, ?2, ?3)
                         ON CONFLICT (order_id) DO UPDATE
                         SET version = excluded.version, due = excluded.due
                         WHERE excluded.version > expiration_schedule.version",
                    )?
                    .execute((order.0.as_bytes(), version, due.map(|due| due.0)))?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<Deadline>, StoreError> {
        self.0
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT order_id, version, due FROM expiration_schedule
                     WHERE due IS NOT NULL AND due <= ?1 ORDER BY due LIMIT ?2",
                )?;
                let rows = statement.query_map((now.0, limit), |row| {
                    Ok(Deadline {
                        order: OrderId(Uuid::from_bytes(row.get(0)?)),
                        version: row.get(1)?,
                        due: Timestamp(row.get(2)?),
                    })
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn told(&self, deadlines: &[Deadline], commit: &Commit) -> Result<(), StoreError> {
        let (deadlines, commit) = (deadlines.to_vec(), commit.clone());
        self.0
            .write(move |connection| {
                let mut update = connection.prepare_cached(
                    "UPDATE expiration_schedule SET due = NULL
                     WHERE order_id = ?1 AND version = ?2",
                )?;
                for deadline in deadlines {
                    update.execute((deadline.order.0.as_bytes(), deadline.version))?;
                }
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        self.0
            .read(|connection| {
                let sql = "SELECT min(due) FROM expiration_schedule WHERE due IS NOT NULL";
                let next: Option<i64> = connection
                    .prepare_cached(sql)?
                    .query_row([], |row| row.get(0))?;
                Ok(next.map(Timestamp))
            })
            .await
    }
}
