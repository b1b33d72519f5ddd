//! Events, venues, and the count of what was ordered.

mod filter;
mod prices;
mod sales;

use super::commit;
use super::db::{Db, DbError};
use super::migrate::Component;
use super::rows::{find, hit, inserted, list};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrgId, VenueId};
use gateline_core::events::{
    Event, EventFilter, EventStore, Guard, Guarded, OrderStanding, TypePrice, TypeSales, Venue,
};
use gateline_core::shared::{Commit, StoreError};
use rusqlite::{Connection, OptionalExtension};

pub(super) const SCHEMA: Component = Component {
    name: "events",
    steps: &[
        "
        CREATE TABLE events_venues (
            id BLOB PRIMARY KEY,
            org BLOB NOT NULL,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL) STRICT;
        CREATE INDEX events_venues_org ON events_venues (org, id);
        CREATE TABLE events_events (
            id INTEGER PRIMARY KEY,
            org BLOB NOT NULL,
            venue BLOB,
            category TEXT NOT NULL,
            status TEXT NOT NULL,
            starts_at INTEGER NOT NULL,
            ends_at INTEGER NOT NULL,
            search TEXT NOT NULL,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL) STRICT;
        CREATE INDEX events_events_start ON events_events (starts_at, id);
        CREATE INDEX events_events_org ON events_events (org, starts_at, id);
        CREATE INDEX events_events_venue ON events_events (venue);
        CREATE TABLE events_orders (
            order_id BLOB PRIMARY KEY,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL) STRICT;
        CREATE TABLE events_counts (
            event INTEGER NOT NULL,
            ticket_type INTEGER NOT NULL,
            held INTEGER NOT NULL,
            sold INTEGER NOT NULL,
            refunded INTEGER NOT NULL,
            PRIMARY KEY (event, ticket_type)) STRICT, WITHOUT ROWID;
    ",
        prices::SCHEMA,
    ],
};

/// The events service's tables.
pub struct SqliteEvents(pub Db);

#[async_trait]
impl EventStore for SqliteEvents {
    async fn create_venue(&self, venue: &Venue, commit: &Commit) -> Result<(), StoreError> {
        let (venue, commit) = (venue.clone(), commit.clone());
        self.0
            .write(move |connection| {
                let sql =
                    "INSERT INTO events_venues (id, org, version, doc) VALUES (?1, ?2, ?3, ?4)";
                let doc = serde_json::to_string(&venue)?;
                let row = (
                    venue.id.0.as_bytes(),
                    venue.org.0.as_bytes(),
                    venue.version,
                    doc,
                );
                inserted(connection.prepare_cached(sql)?.execute(row))?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn venue(&self, id: VenueId) -> Result<Option<Venue>, StoreError> {
        let sql = "SELECT doc FROM events_venues WHERE id = ?1";
        self.0
            .read(move |connection| find(connection, sql, [id.0.as_bytes()]))
            .await
    }

    async fn venues(
        &self,
        org: OrgId,
        limit: u32,
        after: Option<VenueId>,
    ) -> Result<Vec<Venue>, StoreError> {
        let sql = "SELECT doc FROM events_venues WHERE org = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
        let after = after.map_or(Vec::new(), |id| id.0.as_bytes().to_vec());
        self.0
            .read(move |connection| list(connection, sql, &[org.0.as_bytes(), &after, &limit]))
            .await
    }

    async fn save_venue(
        &self,
        venue: &Venue,
        read: u64,
        events: &[Event],
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (venue, events, commit) = (venue.clone(), events.to_vec(), commit.clone());
        self.0
            .write(move |connection| {
                let sql = "UPDATE events_venues SET version = ?3, doc = ?4
                           WHERE id = ?1 AND version = ?2";
                let doc = serde_json::to_string(&venue)?;
                let row = (venue.id.0.as_bytes(), read, venue.version, doc);
                hit(connection.prepare_cached(sql)?.execute(row)?)?;
                if count_at(connection, venue.id)? != events.len() as u64 {
                    return Err(StoreError::Conflict.into());
                }
                for event in &events {
                    update(connection, event, event.version - 1)?;
                }
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn delete_venue(
        &self,
        id: VenueId,
        read: u64,
        commit: &Commit,
    ) -> Result<bool, StoreError> {
        let commit = commit.clone();
        self.0
            .write(move |connection| {
                if count_at(connection, id)? > 0 {
                    return Ok(false);
                }
                let sql = "DELETE FROM events_venues WHERE id = ?1 AND version = ?2";
                let row = (id.0.as_bytes(), read);
                hit(connection.prepare_cached(sql)?.execute(row)?)?;
                commit::apply(connection, &commit)?;
                Ok(true)
            })
            .await
    }

    async fn events_at(&self, venue: VenueId) -> Result<Vec<Event>, StoreError> {
        let sql = "SELECT doc FROM events_events WHERE venue = ?1 AND status <> 'deleted'";
        self.0
            .read(move |connection| list(connection, sql, &[venue.0.as_bytes()]))
            .await
    }

    async fn create(&self, event: &Event, commit: &Commit) -> Result<(), StoreError> {
        let (event, commit) = (event.clone(), commit.clone());
        self.0
            .write(move |connection| {
                check_venue(connection, &event)?;
                insert(connection, &event)?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn event(&self, id: EventId) -> Result<Option<Event>, StoreError> {
        let sql = "SELECT doc FROM events_events WHERE id = ?1";
        self.0
            .read(move |connection| find(connection, sql, [id.0]))
            .await
    }

    async fn save(
        &self,
        event: &Event,
        read: u64,
        guard: Guard,
        commit: &Commit,
    ) -> Result<Guarded, StoreError> {
        let (event, commit) = (event.clone(), commit.clone());
        self.0
            .write(move |connection| {
                if sales::is_guarded(connection, event.id, guard)? {
                    return Ok(Guarded::HasSales);
                }
                check_venue(connection, &event)?;
                update(connection, &event, read)?;
                commit::apply(connection, &commit)?;
                Ok(Guarded::Done)
            })
            .await
    }

    async fn browse(
        &self,
        filter: &EventFilter,
        limit: u32,
        after: Option<(Timestamp, EventId)>,
    ) -> Result<Vec<Event>, StoreError> {
        let query = filter::query(filter, limit, after);
        self.0
            .read(move |connection| {
                let params: Vec<_> = query
                    .params
                    .iter()
                    .map(|p| p as &dyn rusqlite::ToSql)
                    .collect();
                list(connection, &query.sql, &params)
            })
            .await
    }

    async fn learn_price(&self, price: &TypePrice, commit: &Commit) -> Result<(), StoreError> {
        let (price, commit) = (*price, commit.clone());
        self.0
            .write(move |connection| {
                prices::learn(connection, &price)?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn prices(&self, events: &[EventId]) -> Result<Vec<TypePrice>, StoreError> {
        let events = events.to_vec();
        self.0
            .read(move |connection| prices::of(connection, &events))
            .await
    }

    async fn sales(&self, event: EventId) -> Result<Vec<TypeSales>, StoreError> {
        self.0
            .read(move |connection| sales::of(connection, event))
            .await
    }

    async fn note_order(
        &self,
        order: &OrderStanding,
        event: Option<(&Event, u64)>,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (order, commit) = (order.clone(), commit.clone());
        let event = event.map(|(event, read)| (event.clone(), read));
        self.0
            .write(move |connection| {
                match &event {
                    Some((event, read)) if event.version != *read => {
                        check_venue_if_any(connection, event)?;
                        update(connection, event, *read)?;
                    }
                    Some((event, read)) => check_version(connection, event.id, *read)?,
                    None => {}
                }
                sales::note(connection, &order)?;
                commit::apply(connection, &commit)
            })
            .await
    }
}

fn insert(connection: &Connection, event: &Event) -> Result<(), DbError> {
    let sql = "INSERT INTO events_events
               (id, org, venue, category, status, starts_at, ends_at, search, version, doc)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let result = connection.prepare_cached(sql)?.execute(rusqlite::params![
        event.id.0,
        event.org.0.as_bytes(),
        event.venue().map(|venue| venue.id.0.into_bytes()),
        event.category.as_str(),
        status(event.status),
        event.starts_at.0,
        event.ends_at.0,
        event.search_text(),
        event.version,
        serde_json::to_string(event)?,
    ]);
    inserted(result)
}

fn update(connection: &Connection, event: &Event, read: u64) -> Result<(), DbError> {
    let sql = "UPDATE events_events SET venue = ?3, category = ?4, status = ?5, starts_at = ?6,
               ends_at = ?7, search = ?8, version = ?9, doc = ?10
               WHERE id = ?1 AND version = ?2";
    let rows = connection.prepare_cached(sql)?.execute(rusqlite::params![
        event.id.0,
        read,
        event.venue().map(|venue| venue.id.0.into_bytes()),
        event.category.as_str(),
        status(event.status),
        event.starts_at.0,
        event.ends_at.0,
        event.search_text(),
        event.version,
        serde_json::to_string(event)?,
    ])?;
    hit(rows)
}

/// An event that is not deleted holds the newest state of its venue.
fn check_venue(connection: &Connection, event: &Event) -> Result<(), DbError> {
    let holds_newest = holds_newest_venue(connection, event)?;
    hit(usize::from(holds_newest == Some(true)))
}

/// The same, or the venue is gone.
fn check_venue_if_any(connection: &Connection, event: &Event) -> Result<(), DbError> {
    let holds_newest = holds_newest_venue(connection, event)?;
    hit(usize::from(holds_newest != Some(false)))
}

/// `None`: its venue is gone.
fn holds_newest_venue(connection: &Connection, event: &Event) -> Result<Option<bool>, DbError> {
    let is_there = event.status != EventStatus::Deleted;
    let Some(venue) = event.venue().filter(|_| is_there) else {
        return Ok(Some(true));
    };
    let sql = "SELECT version FROM events_venues WHERE id = ?1";
    let newest: Option<u64> = connection
        .prepare_cached(sql)?
        .query_row([venue.id.0.as_bytes()], |row| row.get(0))
        .optional()?;
    Ok(newest.map(|newest| newest == venue.version))
}

fn check_version(connection: &Connection, id: EventId, read: u64) -> Result<(), DbError> {
    let sql = "SELECT count(*) FROM events_events WHERE id = ?1 AND version = ?2";
    let rows = connection
        .prepare_cached(sql)?
        .query_row((id.0, read), |row| row.get(0))?;
    hit(rows)
}

fn count_at(connection: &Connection, venue: VenueId) -> Result<u64, DbError> {
    let sql = "SELECT count(*) FROM events_events WHERE venue = ?1 AND status <> 'deleted'";
    Ok(connection
        .prepare_cached(sql)?
        .query_row([venue.0.as_bytes()], |row| row.get(0))?)
}

pub(super) const fn status(status: EventStatus) -> &'static str {
    match status {
        EventStatus::Draft => "draft",
        EventStatus::Published => "published",
        EventStatus::Cancelled => "cancelled",
        EventStatus::Deleted => "deleted",
    }
}
