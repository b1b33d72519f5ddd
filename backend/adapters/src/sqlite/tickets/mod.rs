//! Tickets, signing keys (secret halves too), copies of events, paid orders.

mod call_off;
mod filter;
mod keys;

pub(super) use keys::reseal;

use super::commit;
use super::db::{Db, DbError};
use super::migrate::Component;
use super::people::Rows;
use super::rows::{find, hit, inserted, list};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrderId, Serial};
use gateline_common::sync::TicketStatus;
use gateline_core::shared::{Commit, StoreError};
use gateline_core::tickets::{
    CalledOff, EventCopy, EventKeys, Issued, OrderNote, Ticket, TicketFilter, TicketStore,
};
use rusqlite::{Connection, OptionalExtension};

pub(super) const SCHEMA: Component = Component {
    name: "tickets",
    steps: &[
        "
        CREATE TABLE tickets_events (
            event INTEGER PRIMARY KEY,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL) STRICT;
        CREATE TABLE tickets_keys (
            event INTEGER PRIMARY KEY,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL) STRICT;
        CREATE TABLE tickets_orders (
            order_id BLOB PRIMARY KEY,
            doc TEXT NOT NULL) STRICT;
        CREATE TABLE tickets_tickets (
            place INTEGER PRIMARY KEY,
            event INTEGER NOT NULL,
            serial INTEGER NOT NULL,
            org BLOB NOT NULL,
            owner BLOB NOT NULL,
            order_id BLOB NOT NULL,
            status TEXT NOT NULL,
            issued_at INTEGER NOT NULL,
            search TEXT NOT NULL,
            version INTEGER NOT NULL,
            doc TEXT NOT NULL,
            UNIQUE (event, serial)) STRICT;
        CREATE INDEX tickets_owner ON tickets_tickets (owner, issued_at, event, serial);
        CREATE INDEX tickets_event ON tickets_tickets (event, issued_at, serial);
        CREATE INDEX tickets_issued ON tickets_tickets (issued_at, event, serial);
        CREATE INDEX tickets_order ON tickets_tickets (order_id, place);
    ",
        "
        CREATE TABLE tickets_called_off (
            event INTEGER PRIMARY KEY,
            after INTEGER) STRICT;
    ",
        // Only the account was ever asked for again.
        "
        UPDATE tickets_orders SET doc = json_set(doc, '$.buyer.email', '', '$.buyer.name', '');
    ",
    ],
};

/// Tickets have their owners.
pub(super) const PEOPLE: Rows = Rows {
    service: "tickets",
    events: "SELECT event, doc ->> '$.ends_at' AS ends_at FROM tickets_events",
    rows: "SELECT serial, doc FROM tickets_tickets
           WHERE event = ?1 AND serial > ?2 ORDER BY serial LIMIT ?3",
    forget: |connection, document| {
        let ticket: Ticket = serde_json::from_str(document)?;
        update(connection, &ticket.nameless(), ticket.version)
    },
    given_up: None,
};

/// The tickets service's tables.
pub struct SqliteTickets(pub Db);

impl SqliteTickets {
    fn sealed(&self, keys: &EventKeys) -> Result<String, DbError> {
        keys::sealed(keys, &self.0.seals())
    }
}

#[async_trait]
impl TicketStore for SqliteTickets {
    async fn event(&self, id: EventId) -> Result<Option<EventCopy>, StoreError> {
        let sql = "SELECT doc FROM tickets_events WHERE event = ?1";
        self.0
            .read(move |connection| find(connection, sql, [id.0]))
            .await
    }

    async fn note_event(
        &self,
        event: &EventCopy,
        keys: Option<&EventKeys>,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (event, commit) = (event.clone(), commit.clone());
        let keys = keys
            .map(|keys| Ok::<_, DbError>((keys.version, self.sealed(keys)?)))
            .transpose()?;
        self.0
            .write(move |connection| {
                let sql = "INSERT INTO tickets_events (event, version, doc) VALUES (?1, ?2, ?3)
                    ON CONFLICT (event) DO UPDATE SET version = excluded.version, doc = excluded.doc
                    WHERE excluded.version > version";
                let row = (event.event.0, event.version, serde_json::to_string(&event)?);
                let newer = connection.prepare_cached(sql)?.execute(row)? == 1;
                if newer && event.status == EventStatus::Cancelled {
                    call_off::begin(connection, event.event)?;
                }
                if let Some((version, document)) = &keys {
                    let sql = "INSERT INTO tickets_keys (event, version, doc) VALUES (?1, ?2, ?3)";
                    let row = (event.event.0, version, document);
                    inserted(connection.prepare_cached(sql)?.execute(row))?;
                }
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn keys(&self, event: EventId) -> Result<Option<EventKeys>, StoreError> {
        let seals = self.0.seals();
        self.0
            .read(move |connection| {
                let sql = "SELECT doc FROM tickets_keys WHERE event = ?1";
                let document = connection
                    .prepare_cached(sql)?
                    .query_row([event.0], |row| row.get(0))
                    .optional()?;
                document
                    .map(|document: String| keys::opened(&document, &seals))
                    .transpose()
            })
            .await
    }

    async fn save_keys(
        &self,
        keys: &EventKeys,
        read: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (event, version, commit) = (keys.event, keys.version, commit.clone());
        let document = self.sealed(keys)?;
        self.0
            .write(move |connection| {
                let sql = "UPDATE tickets_keys SET version = ?3, doc = ?4
                           WHERE event = ?1 AND version = ?2";
                let row = (event.0, read, version, document);
                hit(connection.prepare_cached(sql)?.execute(row)?)?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn order(&self, id: OrderId) -> Result<Option<OrderNote>, StoreError> {
        self.0
            .read(move |connection| known_order(connection, id))
            .await
    }

    async fn issue(
        &self,
        order: &OrderNote,
        read: u64,
        tickets: &[Ticket],
        commit: &Commit,
    ) -> Result<Issued, StoreError> {
        let (order, tickets, commit) = (order.clone(), tickets.to_vec(), commit.clone());
        self.0
            .write(move |connection| {
                if known_order(connection, order.order)?.is_some() {
                    return Ok(Issued::Before);
                }
                check_event(connection, order.event, read)?;
                insert_order(connection, &order)?;
                for ticket in &tickets {
                    insert(connection, ticket)?;
                }
                commit::apply(connection, &commit)?;
                Ok(Issued::Now)
            })
            .await
    }

    async fn refund(
        &self,
        order: &OrderNote,
        known: bool,
        tickets: &[Ticket],
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (order, tickets, commit) = (order.clone(), tickets.to_vec(), commit.clone());
        self.0
            .write(move |connection| {
                if known {
                    let sql = "UPDATE tickets_orders SET doc = ?2 WHERE order_id = ?1";
                    let row = (order.order.0.as_bytes(), serde_json::to_string(&order)?);
                    hit(connection.prepare_cached(sql)?.execute(row)?)?;
                } else {
                    insert_order(connection, &order)?;
                }
                for ticket in &tickets {
                    update(connection, ticket, ticket.version - 1)?;
                }
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn ticket(&self, event: EventId, serial: Serial) -> Result<Option<Ticket>, StoreError> {
        let sql = "SELECT doc FROM tickets_tickets WHERE event = ?1 AND serial = ?2";
        self.0
            .read(move |connection| find(connection, sql, (event.0, serial.get())))
            .await
    }

    async fn save(&self, ticket: &Ticket, read: u64, commit: &Commit) -> Result<(), StoreError> {
        let (ticket, commit) = (ticket.clone(), commit.clone());
        self.0
            .write(move |connection| {
                update(connection, &ticket, read)?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn of_order(&self, order: OrderId) -> Result<Vec<Ticket>, StoreError> {
        let sql = "SELECT doc FROM tickets_tickets WHERE order_id = ?1 ORDER BY place";
        self.0
            .read(move |connection| list(connection, sql, &[order.0.as_bytes()]))
            .await
    }

    async fn called_off(&self, limit: u32) -> Result<Option<CalledOff>, StoreError> {
        self.0
            .read(move |connection| call_off::next(connection, limit))
            .await
    }

    async fn call_off(
        &self,
        read: &CalledOff,
        changed: &[Ticket],
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (read, changed, commit) = (read.clone(), changed.to_vec(), commit.clone());
        self.0
            .write(move |connection| {
                call_off::go_on(connection, &read)?;
                for ticket in &changed {
                    update(connection, ticket, ticket.version - 1)?;
                }
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn list(
        &self,
        filter: &TicketFilter,
        limit: u32,
        after: Option<(Timestamp, EventId, Serial)>,
    ) -> Result<Vec<Ticket>, StoreError> {
        let (sql, params) = filter::query(filter, limit, after);
        self.0
            .read(move |connection| {
                let params: Vec<_> = params.iter().map(|p| p as &dyn rusqlite::ToSql).collect();
                list(connection, &sql, &params)
            })
            .await
    }
}

fn known_order(connection: &Connection, id: OrderId) -> Result<Option<OrderNote>, DbError> {
    let sql = "SELECT doc FROM tickets_orders WHERE order_id = ?1";
    find(connection, sql, [id.0.as_bytes()])
}

fn check_event(connection: &Connection, event: EventId, read: u64) -> Result<(), DbError> {
    let sql = "SELECT count(*) FROM tickets_events WHERE event = ?1 AND version = ?2";
    let rows = connection
        .prepare_cached(sql)?
        .query_row((event.0, read), |row| row.get(0))?;
    hit(rows)
}

fn insert_order(connection: &Connection, order: &OrderNote) -> Result<(), DbError> {
    let sql = "INSERT INTO tickets_orders (order_id, doc) VALUES (?1, ?2)";
    let row = (order.order.0.as_bytes(), serde_json::to_string(order)?);
    inserted(connection.prepare_cached(sql)?.execute(row))
}

fn insert(connection: &Connection, ticket: &Ticket) -> Result<(), DbError> {
    let sql = "INSERT INTO tickets_tickets
               (event, serial, org, owner, order_id, status, issued_at, search, version, doc)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
    let result = connection.prepare_cached(sql)?.execute(rusqlite::params![
        ticket.event.0,
        ticket.serial.get(),
        ticket.org.0.as_bytes(),
        ticket.owner.0.as_bytes(),
        ticket.order.0.as_bytes(),
        status(ticket.status),
        ticket.issued_at.0,
        search_text(ticket),
        ticket.version,
        serde_json::to_string(ticket)?,
    ]);
    inserted(result)
}

fn update(connection: &Connection, ticket: &Ticket, read: u64) -> Result<(), DbError> {
    let sql = "UPDATE tickets_tickets SET owner = ?4, status = ?5, search = ?6, version = ?7,
               doc = ?8 WHERE event = ?1 AND serial = ?2 AND version = ?3";
    let rows = connection.prepare_cached(sql)?.execute(rusqlite::params![
        ticket.event.0,
        ticket.serial.get(),
        read,
        ticket.owner.0.as_bytes(),
        status(ticket.status),
        search_text(ticket),
        ticket.version,
        serde_json::to_string(ticket)?,
    ])?;
    hit(rows)
}

fn search_text(ticket: &Ticket) -> String {
    let name = ticket.attendee_name.as_deref().unwrap_or_default();
    let parts = [
        &ticket.serial.to_string(),
        &ticket.order_code,
        name,
        &ticket.owner_email,
    ];
    parts.join("\n").to_lowercase()
}

pub(super) const fn status(status: TicketStatus) -> &'static str {
    match status {
        TicketStatus::Valid => "valid",
        TicketStatus::Cancelled => "cancelled",
        TicketStatus::Refunded => "refunded",
        TicketStatus::Blocked => "blocked",
    }
}
