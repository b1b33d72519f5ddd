//! Lists of orders, and what an event sells.

use super::super::db::DbError;
use super::change::on_sale;
use super::{offers, status_text};
use gateline_common::ids::EventId;
use gateline_core::orders::{Order, OrderFilter, Sale};
use gateline_core::shared::{Page, PageRequest, StoreError};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use uuid::Uuid;

/// A filter with its page, owned.
pub(super) struct Wanted {
    conditions: Vec<&'static str>,
    values: Vec<Value>,
    limit: usize,
}

impl Wanted {
    pub(super) fn new(filter: OrderFilter<'_>, page: &PageRequest) -> Result<Self, StoreError> {
        let mut wanted = Self {
            conditions: vec!["TRUE"],
            values: Vec::new(),
            limit: usize::try_from(page.clamped()).unwrap_or(1),
        };
        if let Some(buyer) = filter.buyer {
            wanted.add("buyer = ?", buyer.0.as_bytes().to_vec());
        }
        if let Some(event) = filter.event {
            wanted.add("event = ?", i64::from(event.0));
        }
        if let Some(status) = filter.status {
            wanted.add("status = ?", status_text(status)?);
        }
        if let Some(code) = filter.code {
            wanted.add("code = ?", code.to_ascii_uppercase());
        }
        // An `after` that is no position of ours has nothing behind it.
        if let Some(after) = &page.after {
            let after = Uuid::parse_str(after).unwrap_or_default();
            wanted.add("id < ?", after.as_bytes().to_vec());
        }
        Ok(wanted)
    }

    fn add(&mut self, condition: &'static str, value: impl Into<Value>) {
        self.conditions.push(condition);
        self.values.push(value.into());
    }
}

pub(super) fn list(connection: &Connection, wanted: &Wanted) -> Result<Page<Order>, DbError> {
    let sql = format!(
        "SELECT document FROM orders_orders WHERE {} ORDER BY id DESC LIMIT {}",
        wanted.conditions.join(" AND "),
        wanted.limit + 1
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map(params_from_iter(&wanted.values), |row| {
        row.get::<_, String>(0)
    })?;
    let mut items: Vec<Order> = Vec::new();
    for document in rows {
        items.push(serde_json::from_str(&document?)?);
    }
    let more = items.len() > wanted.limit;
    items.truncate(wanted.limit);
    let next = items.last().filter(|_| more);
    let next = next.map(|order| order.id.to_string());
    Ok(Page { items, next })
}

pub(super) fn sale(connection: &Connection, event: EventId) -> Result<Option<Sale>, DbError> {
    let Some(on_sale) = on_sale(connection, event)? else {
        return Ok(None);
    };
    let mut offers = offers::all(connection, event)?;
    offers.retain(|(offer, _)| !offer.deleted);
    Ok(Some(Sale {
        event: on_sale,
        offers,
    }))
}
