//! Each unit of a completed order has one ticket, and the gates' list says the same
//! of it as its own row.

use super::orders::Order;
use super::{Backend, Checked, Fault};
use anyhow::Result;
use serde_json::Value;
use std::collections::BTreeMap;

/// A ticket's document.
pub(super) type Ticket = Value;

pub(super) fn read(backend: &Backend) -> Result<Vec<Ticket>> {
    backend.documents("SELECT doc FROM tickets_tickets ORDER BY place")
}

pub(super) fn check(
    backend: &Backend,
    orders: &[Order],
    tickets: &[Ticket],
    checked: &mut Checked,
) -> Result<()> {
    checked.counts.tickets = tickets.len();
    let mut issued: BTreeMap<(&str, i64), i64> = BTreeMap::new();
    for ticket in tickets {
        let order = ticket["order"].as_str().unwrap_or_default();
        let ticket_type = ticket["ticket_type"].as_i64().unwrap_or(0);
        *issued.entry((order, ticket_type)).or_default() += 1;
    }
    for order in orders {
        for (ticket_type, quantity) in order.lines() {
            let has = issued
                .remove(&(order.id.as_str(), ticket_type))
                .unwrap_or(0);
            let (status, id) = (order.status(), &order.id);
            let what =
                format!("order {id} ({status}), type {ticket_type}: {has} tickets, not {quantity}");
            if has > quantity {
                checked.found(Fault::TicketTwice, what);
            } else if status == "completed" && has < quantity {
                checked.found(Fault::TicketMissing, what);
            } else if !matches!(status, "completed" | "refunded") && has > 0 {
                checked.found(Fault::Disagreement, what);
            }
        }
    }
    for ((order, ticket_type), count) in issued {
        let what =
            format!("{count} tickets of type {ticket_type} for order {order}, which has none");
        checked.found(Fault::TicketTwice, what);
    }
    refunded(orders, tickets, checked);
    listed(backend, tickets, checked)
}

/// A refunded order's tickets are no longer good, a completed one's are not refunded.
fn refunded(orders: &[Order], tickets: &[Ticket], checked: &mut Checked) {
    let statuses: BTreeMap<&str, &str> = orders
        .iter()
        .map(|order| (order.id.as_str(), order.status()))
        .collect();
    for ticket in tickets {
        let order = ticket["order"].as_str().unwrap_or_default();
        let order_is = statuses.get(order).copied().unwrap_or_default();
        let ticket_is = ticket["status"].as_str().unwrap_or_default();
        if (order_is == "refunded") != (ticket_is == "refunded") && ticket_is != "cancelled" {
            checked.found(
                Fault::Disagreement,
                format!(
                    "ticket {} is {ticket_is}, its order {order_is}",
                    ticket["serial"]
                ),
            );
        }
    }
}

/// The gates' list has every ticket, in the state that it is in.
fn listed(backend: &Backend, tickets: &[Ticket], checked: &mut Checked) -> Result<()> {
    let mut list: BTreeMap<String, Value> = BTreeMap::new();
    for row in backend.documents("SELECT doc FROM checkin_tickets")? {
        if let Some(serial) = row["key"]["serial"].as_str() {
            list.insert(serial.to_owned(), row["listed"]["status"].clone());
        }
    }
    for ticket in tickets {
        let serial = ticket["serial"].as_str().unwrap_or_default();
        match list.get(serial) {
            Some(status) if *status == ticket["status"] => {}
            other => checked.found(
                Fault::Disagreement,
                format!(
                    "ticket {serial} is {}, the gates' list has {other:?}",
                    ticket["status"]
                ),
            ),
        }
    }
    Ok(())
}
