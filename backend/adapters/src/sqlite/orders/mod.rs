//! Tables of orders: the orders, the stock, and what is on sale.

mod call_off;
mod change;
mod lists;
mod offers;

use super::commit;
use super::db::{Db, DbError};
use super::migrate::Component;
use super::people::Rows;
use async_trait::async_trait;
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrderId};
use gateline_core::orders::{
    Offer, OfferPrice, OnSale, Order, OrderError, OrderFilter, OrderStore, Sale, Wish,
};
use gateline_core::shared::{Commit, Page, PageRequest, StoreError};

pub(super) const SCHEMA: Component = Component {
    name: "orders",
    steps: &[
        "
        CREATE TABLE orders_orders (
            id BLOB PRIMARY KEY,
            code TEXT NOT NULL UNIQUE,
            event INTEGER NOT NULL,
            buyer BLOB NOT NULL,
            status TEXT NOT NULL,
            version INTEGER NOT NULL,
            document TEXT NOT NULL) STRICT;
        CREATE INDEX orders_orders_event ON orders_orders (event, id);
        CREATE INDEX orders_orders_buyer ON orders_orders (buyer, id);
        CREATE TABLE orders_events (
            event INTEGER PRIMARY KEY,
            version INTEGER NOT NULL,
            document TEXT NOT NULL) STRICT;
        CREATE TABLE orders_stock (
            event INTEGER NOT NULL,
            ticket_type INTEGER NOT NULL,
            version INTEGER NOT NULL,
            most INTEGER NOT NULL,
            held INTEGER NOT NULL DEFAULT 0 CHECK (held >= 0),
            sold INTEGER NOT NULL DEFAULT 0 CHECK (sold >= 0),
            document TEXT NOT NULL,
            PRIMARY KEY (event, ticket_type)) STRICT, WITHOUT ROWID;
    ",
        "
        CREATE TABLE orders_called_off (
            event INTEGER PRIMARY KEY,
            after BLOB) STRICT;
    ",
        "
        CREATE TABLE orders_prices (
            event INTEGER NOT NULL,
            ticket_type INTEGER NOT NULL,
            version INTEGER NOT NULL,
            price TEXT,
            PRIMARY KEY (event, ticket_type)) STRICT, WITHOUT ROWID;
    ",
    ],
};

/// Orders have their buyers.
pub(super) const PEOPLE: Rows = Rows {
    service: "orders",
    events: "SELECT event, document ->> '$.ends_at' AS ends_at FROM orders_events",
    rows: "SELECT id, document FROM orders_orders
           WHERE event = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
    forget: |connection, document| {
        let order: Order = serde_json::from_str(document)?;
        let stored = change::write(connection, &order.nameless())?;
        Ok(stored.map_err(|error| StoreError::Failed(error.to_string()))?)
    },
    given_up: None,
};

/// The order store of the embedded database.
pub struct SqliteOrderStore(pub Db);

#[async_trait]
impl OrderStore for SqliteOrderStore {
    async fn place(&self, event: EventId, wish: Wish) -> Result<Order, OrderError> {
        self.0
            .write(move |connection| change::place(connection, event, &wish))
            .await?
    }

    async fn change(&self, order: OrderId, wish: Wish) -> Result<Order, OrderError> {
        self.0
            .write(move |connection| change::change(connection, order, &wish))
            .await?
    }

    async fn learn_event(
        &self,
        event: &OnSale,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (event, commit) = (event.clone(), commit.clone());
        self.0
            .write(move |connection| {
                let newer = connection
                    .prepare_cached(
                        "INSERT INTO orders_events (event, version, document) VALUES (?1, ?2, ?3)
                         ON CONFLICT (event) DO UPDATE
                         SET version = excluded.version, document = excluded.document
                         WHERE excluded.version > orders_events.version",
                    )?
                    .execute((event.event.0, version, serde_json::to_string(&event)?))?;
                if newer == 1 && event.status == EventStatus::Cancelled {
                    call_off::begin(connection, event.event)?;
                }
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn learn_offer(
        &self,
        offer: &Offer,
        limit: u32,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (offer, commit) = (offer.clone(), commit.clone());
        self.0
            .write(move |connection| {
                offers::learn(connection, &offer, limit, version)?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn learn_price(
        &self,
        price: &OfferPrice,
        version: u64,
        commit: &Commit,
    ) -> Result<(), StoreError> {
        let (price, commit) = (price.clone(), commit.clone());
        self.0
            .write(move |connection| {
                offers::learn_price(connection, &price, version)?;
                commit::apply(connection, &commit)
            })
            .await
    }

    async fn called_off(&self) -> Result<Option<EventId>, StoreError> {
        self.0.read(call_off::next).await
    }

    async fn call_off(&self, event: EventId, limit: u32, wish: Wish) -> Result<(), StoreError> {
        self.0
            .write(move |connection| call_off::go_on(connection, event, limit, &wish))
            .await
    }

    async fn find(&self, order: OrderId) -> Result<Option<Order>, StoreError> {
        self.0
            .read(move |connection| change::load(connection, order))
            .await
    }

    async fn list(
        &self,
        filter: OrderFilter<'_>,
        page: &PageRequest,
    ) -> Result<Page<Order>, StoreError> {
        let wanted = lists::Wanted::new(filter, page)?;
        self.0
            .read(move |connection| lists::list(connection, &wanted))
            .await
    }

    async fn sale(&self, event: EventId) -> Result<Option<Sale>, StoreError> {
        self.0
            .read(move |connection| lists::sale(connection, event))
            .await
    }
}

/// A status as its column holds it.
fn status_text(status: gateline_common::bus::OrderStatus) -> Result<String, DbError> {
    let json = serde_json::to_value(status)?;
    Ok(json.as_str().unwrap_or_default().to_owned())
}
