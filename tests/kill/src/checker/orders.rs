//! Orders and stock, counted again.

use super::{Backend, Checked, Fault};
use crate::clients::journal::{Answer, Kind, Told};
use crate::world::Facts;
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeMap;

/// An order, as its row has it.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) id: String,
    pub(super) document: Value,
}

impl Order {
    pub(super) fn status(&self) -> &str {
        self.document["status"].as_str().unwrap_or_default()
    }

    pub(super) fn total_minor(&self) -> i64 {
        self.document["total"]["minor"].as_i64().unwrap_or(0)
    }

    /// Ticket types and how many of each.
    pub(super) fn lines(&self) -> Vec<(i64, i64)> {
        let lines = self.document["lines"].as_array();
        let lines = lines.into_iter().flatten();
        lines
            .map(|line| {
                let number = |name: &str| line[name].as_i64().unwrap_or(0);
                (number("ticket_type"), number("quantity"))
            })
            .collect()
    }

    pub(super) fn refunds(&self) -> &[Value] {
        self.document["refunds"]
            .as_array()
            .map_or(&[], Vec::as_slice)
    }
}

pub(super) fn read(backend: &Backend) -> Result<Vec<Order>> {
    let documents = backend.documents("SELECT document FROM orders_orders ORDER BY id")?;
    let orders = documents.into_iter().map(|document| Order {
        id: document["id"].as_str().unwrap_or_default().to_owned(),
        document,
    });
    Ok(orders.collect())
}

/// Held and sold of each ticket type, by the orders.
pub(super) fn counted(orders: &[Order]) -> BTreeMap<i64, (i64, i64)> {
    let mut counted: BTreeMap<i64, (i64, i64)> = BTreeMap::new();
    for order in orders {
        let (held, sold) = match order.status() {
            "created" | "awaiting_payment" => (1, 0),
            "completed" => (0, 1),
            _ => (0, 0),
        };
        for (ticket_type, quantity) in order.lines() {
            let count = counted.entry(ticket_type).or_default();
            count.0 += held * quantity;
            count.1 += sold * quantity;
        }
    }
    counted
}

pub(super) fn check(
    backend: &Backend,
    orders: &[Order],
    facts: &Facts,
    told: &[Told],
    checked: &mut Checked,
) -> Result<()> {
    checked.counts.orders = orders.len();
    let mut counted = counted(orders);
    let mut statement = backend
        .0
        .prepare("SELECT ticket_type, most, held, sold FROM orders_stock")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (ticket_type, most): (i64, i64) = (row.get(0)?, row.get(1)?);
        let stock: (i64, i64) = (row.get(2)?, row.get(3)?);
        let count = counted.remove(&ticket_type).unwrap_or_default();
        if stock != count {
            checked.found(
                Fault::StockWrong,
                format!(
                    "type {ticket_type}: held and sold are {stock:?}, the orders have {count:?}"
                ),
            );
        }
        if let Some(limit) = last_limit(told, ticket_type).filter(|limit| *limit != most) {
            checked.found(
                Fault::AnswerLost,
                format!("type {ticket_type}: the limit is {most}, and was set to {limit}"),
            );
        }
        let rising = u64::try_from(ticket_type).is_ok_and(|it| it == facts.rising_type);
        let highest = if rising {
            most
        } else {
            highest(facts, told, ticket_type, most)
        };
        let taken = count.0 + count.1;
        if taken > highest {
            checked.found(
                Fault::Oversold,
                format!("type {ticket_type}: {taken} taken, the limit was never above {highest}"),
            );
        }
    }
    for (ticket_type, count) in counted.into_iter().filter(|(_, count)| *count != (0, 0)) {
        checked.found(
            Fault::StockWrong,
            format!("type {ticket_type}: the orders have {count:?}, and there is no stock of it"),
        );
    }
    Ok(())
}

/// The limit that was set last, by the one who sets them one after another.
fn last_limit(told: &[Told], ticket_type: i64) -> Option<i64> {
    let last = told.iter().rfind(|told| {
        told.kind == Kind::Limit
            && told.asked["ticket_type"] == ticket_type
            && matches!(told.answer, Answer::Said(_))
    });
    last?.asked["limit"].as_i64()
}

/// The highest limit that this type ever had.
fn highest(facts: &Facts, told: &[Told], ticket_type: i64, most: i64) -> i64 {
    let first = facts
        .limits
        .iter()
        .filter(|(id, _)| *id as i64 == ticket_type);
    let first = first.map(|(_, limit)| *limit);
    let asked = told
        .iter()
        .filter(|told| told.kind == Kind::Limit && told.asked["ticket_type"] == ticket_type)
        .filter_map(|told| told.asked["limit"].as_i64());
    first.chain(asked).max().unwrap_or(most)
}
