//! Taking names and addresses out of what services keep of events that are over.
//!
//! Each service says which rows of its tables have some ([`Rows`]); how far those of
//! an event were gone through is kept here, by the time at which the event ended: one
//! that was postponed is gone through again.

use super::db::{Db, DbError};
use super::migrate::Component;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::EventId;
use gateline_core::shared::{Ended, People, StoreError};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension};

pub(super) const SCHEMA: Component = Component {
    name: "people",
    steps: &["
        CREATE TABLE people_forgotten (
            service TEXT NOT NULL,
            event INTEGER NOT NULL,
            ended_at INTEGER NOT NULL,
            after ANY NOT NULL,
            done INTEGER NOT NULL,
            PRIMARY KEY (service, event)) STRICT, WITHOUT ROWID;
    "],
};

/// Comes before every key, numbers and blobs.
const BEGINNING: Value = Value::Integer(-1);

/// Rows of a service that have people in them.
pub(super) struct Rows {
    pub(super) service: &'static str,
    /// `event` and `ends_at` of the events that it knows.
    pub(super) events: &'static str,
    /// Key and document of those about event ?1 after key ?2, at most ?3.
    pub(super) rows: &'static str,
    /// Stores such a document without the people in it.
    pub(super) forget: fn(&Connection, &str) -> Result<(), DbError>,
    /// Takes them out of what was given up before ?1.
    pub(super) given_up: Option<&'static str>,
}

/// The people in the rows of one service.
pub struct SqlitePeople {
    db: Db,
    of: &'static Rows,
}

impl SqlitePeople {
    /// Buyers, in orders.
    #[must_use]
    pub const fn of_orders(db: Db) -> Self {
        let of = &super::orders::PEOPLE;
        Self { db, of }
    }

    /// Owners, in tickets.
    #[must_use]
    pub const fn of_tickets(db: Db) -> Self {
        let of = &super::tickets::PEOPLE;
        Self { db, of }
    }

    /// Guests, in check-in's list.
    #[must_use]
    pub const fn of_checkin(db: Db) -> Self {
        let of = &super::checkin::PEOPLE;
        Self { db, of }
    }

    /// Recipients, in mail.
    #[must_use]
    pub const fn of_mail(db: Db) -> Self {
        let of = &super::mail::PEOPLE;
        Self { db, of }
    }
}

#[async_trait]
impl People for SqlitePeople {
    async fn ended(&self, before: Timestamp) -> Result<Vec<Ended>, StoreError> {
        let of = self.of;
        self.db
            .read(move |connection| ended(connection, of, before))
            .await
    }

    async fn forget(&self, ended: Ended, limit: u32) -> Result<bool, StoreError> {
        let of = self.of;
        self.db
            .write(move |connection| go_on(connection, of, ended, limit))
            .await
    }

    async fn forget_given_up(&self, before: Timestamp) -> Result<u64, StoreError> {
        let Some(sql) = self.of.given_up else {
            return Ok(0);
        };
        self.db
            .write(move |connection| {
                let rows = connection.prepare_cached(sql)?.execute([before.0])?;
                Ok(rows as u64)
            })
            .await
    }
}

fn ended(connection: &Connection, of: &Rows, before: Timestamp) -> Result<Vec<Ended>, DbError> {
    let sql = format!(
        "SELECT known.event, known.ends_at FROM ({}) AS known
         LEFT JOIN people_forgotten AS gone ON gone.service = ?1 AND gone.event = known.event
             AND gone.ended_at = known.ends_at
         WHERE known.ends_at < ?2 AND gone.done IS NOT 1
         ORDER BY known.ends_at",
        of.events
    );
    let mut statement = connection.prepare(&sql)?;
    let rows = statement.query_map((of.service, before.0), |row| {
        Ok(Ended {
            event: EventId(row.get(0)?),
            at: Timestamp(row.get(1)?),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn go_on(connection: &Connection, of: &Rows, ended: Ended, limit: u32) -> Result<bool, DbError> {
    let sql = "SELECT after FROM people_forgotten
               WHERE service = ?1 AND event = ?2 AND ended_at = ?3";
    let after: Option<Value> = connection
        .prepare_cached(sql)?
        .query_row((of.service, ended.event.0, ended.at.0), |row| row.get(0))
        .optional()?;
    let after = after.unwrap_or(BEGINNING);
    let rows = next(connection, of, ended.event, &after, limit)?;
    for (_, document) in &rows {
        (of.forget)(connection, document)?;
    }
    let more = u32::try_from(rows.len()).is_ok_and(|count| count == limit);
    let after = rows.into_iter().last().map_or(after, |(key, _)| key);
    let sql = "INSERT OR REPLACE INTO people_forgotten (service, event, ended_at, after, done)
               VALUES (?1, ?2, ?3, ?4, ?5)";
    let row = (of.service, ended.event.0, ended.at.0, after, !more);
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(more)
}

fn next(
    connection: &Connection,
    of: &Rows,
    event: EventId,
    after: &Value,
    limit: u32,
) -> Result<Vec<(Value, String)>, DbError> {
    let mut statement = connection.prepare_cached(of.rows)?;
    let rows = statement.query_map((event.0, after, limit), |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}
