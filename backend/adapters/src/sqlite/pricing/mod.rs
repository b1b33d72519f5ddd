//! Tables of pricing: a row for each ticket type, copies of events and orders,
//! and the history.

mod write;

use super::db::{Db, DbError};
use super::migrate::Component;
use super::rows::{find, list};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::pricing::{Entry, EventCopy, PricingError, PricingStore, Seen, Standing, Wish};
use gateline_core::shared::{Page, PageRequest, StoreError};
use rusqlite::Connection;

pub(super) const SCHEMA: Component = Component {
    name: "pricing",
    steps: &["
        CREATE TABLE pricing_types (
            event INTEGER NOT NULL,
            ticket_type INTEGER NOT NULL,
            version INTEGER NOT NULL,
            look_at INTEGER,
            doc TEXT NOT NULL,
            PRIMARY KEY (event, ticket_type)) STRICT, WITHOUT ROWID;
        CREATE INDEX pricing_types_due ON pricing_types (look_at)
            WHERE look_at IS NOT NULL;
        CREATE TABLE pricing_events (
            event INTEGER PRIMARY KEY,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL) STRICT;
        CREATE TABLE pricing_orders (
            order_id BLOB PRIMARY KEY,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE TABLE pricing_history (
            event INTEGER NOT NULL,
            ticket_type INTEGER NOT NULL,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL,
            PRIMARY KEY (event, ticket_type, version)) STRICT, WITHOUT ROWID;
    "],
};

/// Pricing's tables in the embedded database.
pub struct SqlitePricing(pub Db);

#[async_trait]
impl PricingStore for SqlitePricing {
    async fn change(
        &self,
        event: EventId,
        ticket_type: TicketTypeId,
        wish: Wish,
    ) -> Result<Seen, PricingError> {
        self.0
            .write(move |connection| write::change(connection, event, ticket_type, &wish))
            .await?
    }

    async fn learn_event(&self, event: &EventCopy, wish: Wish) -> Result<(), PricingError> {
        let event = event.clone();
        self.0
            .write(move |connection| write::learn_event(connection, &event, &wish))
            .await?
    }

    async fn note_order(&self, order: &Standing, wish: Wish) -> Result<(), PricingError> {
        let order = order.clone();
        self.0
            .write(move |connection| write::note_order(connection, &order, &wish))
            .await?
    }

    async fn find(
        &self,
        event: EventId,
        ticket_type: TicketTypeId,
    ) -> Result<Option<Seen>, StoreError> {
        self.0
            .read(move |connection| {
                let seen = write::seen(connection, event, ticket_type)?;
                Ok(Some(seen).filter(|seen| seen.priced.version > 0))
            })
            .await
    }

    async fn due(
        &self,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<(EventId, TicketTypeId)>, StoreError> {
        self.0
            .read(move |connection| {
                let mut statement = connection.prepare_cached(
                    "SELECT event, ticket_type FROM pricing_types
                     WHERE look_at IS NOT NULL AND look_at <= ?1 ORDER BY look_at LIMIT ?2",
                )?;
                let rows = statement.query_map((now.0, limit), |row| {
                    Ok((EventId(row.get(0)?), TicketTypeId(row.get(1)?)))
                })?;
                Ok(rows.collect::<Result<_, _>>()?)
            })
            .await
    }

    async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        self.0
            .read(|connection| {
                let sql = "SELECT min(look_at) FROM pricing_types WHERE look_at IS NOT NULL";
                let next: Option<i64> = connection
                    .prepare_cached(sql)?
                    .query_row([], |row| row.get(0))?;
                Ok(next.map(Timestamp))
            })
            .await
    }

    async fn history(
        &self,
        event: EventId,
        ticket_type: TicketTypeId,
        page: &PageRequest,
    ) -> Result<Page<Entry>, StoreError> {
        let limit = page.clamped();
        // An `after` that is no position of ours has nothing behind it.
        let after = page
            .after
            .as_deref()
            .map(|after| after.parse().unwrap_or(0));
        self.0
            .read(move |connection| history(connection, event, ticket_type, limit, after))
            .await
    }
}

fn history(
    connection: &Connection,
    event: EventId,
    ticket_type: TicketTypeId,
    limit: u32,
    after: Option<i64>,
) -> Result<Page<Entry>, DbError> {
    let sql = "SELECT doc FROM pricing_history
               WHERE event = ?1 AND ticket_type = ?2 AND version < ?3
               ORDER BY version DESC LIMIT ?4";
    let after = after.unwrap_or(i64::MAX);
    let (event, ticket_type, one_more) = (event.0, ticket_type.0, limit + 1);
    let params: [&dyn rusqlite::ToSql; 4] = [&event, &ticket_type, &after, &one_more];
    let mut items: Vec<Entry> = list(connection, sql, &params)?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| more);
    let next = last.map(|entry| entry.version.to_string());
    Ok(Page { items, next })
}

fn event(connection: &Connection, event: EventId) -> Result<Option<EventCopy>, DbError> {
    let sql = "SELECT doc FROM pricing_events WHERE event = ?1";
    find(connection, sql, [event.0])
}
