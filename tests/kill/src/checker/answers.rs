//! Every answer that a client got is still true.

use super::orders::Order;
use super::{Backend, Checked, Fault};
use crate::clients::journal::{Answer, Kind, Told};
use anyhow::Result;
use gateline_common::ids::Serial;
use rusqlite::OptionalExtension;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

pub(super) fn check(backend: &Backend, told: &[Told], checked: &mut Checked) -> Result<()> {
    for told in told {
        let Answer::Said(said) = &told.answer else {
            continue;
        };
        let wrong = match told.kind {
            Kind::Place => placed(backend, said)?,
            Kind::Pay => paid(backend, said)?,
            Kind::Cancel => status(backend, said, &["cancelled"])?,
            Kind::Refund => refunded(backend, said)?,
            Kind::Ticket => acted(backend, said)?,
            Kind::Tickets => held(backend, said)?,
            Kind::Enrol => enrolled(backend, said)?,
            // Held to the gates' logs, and to what was set last.
            Kind::Scan | Kind::Limit | Kind::Policy => None,
        };
        if let Some(wrong) = wrong {
            checked.found(
                Fault::AnswerLost,
                format!(
                    "{} was told {:?} of {}: {wrong}",
                    told.who, told.kind, told.asked
                ),
            );
        }
    }
    Ok(())
}

/// What one answer alone does not show: nothing was done twice, and nothing that
/// nobody asked for; the limits are those that were set last.
pub(super) fn check_all(orders: &[Order], told: &[Told], checked: &mut Checked) {
    let mut placed: BTreeMap<&str, usize> = BTreeMap::new();
    let mut unknown = 0;
    for told in told.iter().filter(|told| told.kind == Kind::Place) {
        match &told.answer {
            Answer::Said(order) => {
                *placed
                    .entry(order["id"].as_str().unwrap_or_default())
                    .or_default() += 1;
            }
            Answer::None => unknown += 1,
            Answer::Refused { .. } => {}
        }
    }
    for (order, times) in placed.iter().filter(|(_, times)| **times > 1) {
        checked.found(
            Fault::DoneTwice,
            format!("order {order} is the answer to {times} requests"),
        );
    }
    let known: BTreeSet<&str> = placed.keys().copied().collect();
    let extra: Vec<&str> = orders
        .iter()
        .map(|order| order.id.as_str())
        .filter(|id| !known.contains(id))
        .collect();
    if extra.len() > unknown {
        checked.found(
            Fault::DoneTwice,
            format!("orders that nobody was told of: {}", extra.join(", ")),
        );
    }
}

fn id(value: &Value) -> Vec<u8> {
    let id = value.as_str().and_then(|text| Uuid::parse_str(text).ok());
    id.unwrap_or_default().as_bytes().to_vec()
}

fn document(backend: &Backend, sql: &str, key: &[u8]) -> Result<Option<Value>> {
    let text: Option<String> = backend
        .0
        .prepare_cached(sql)?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn order(backend: &Backend, said: &Value) -> Result<Option<Value>> {
    let sql = "SELECT document FROM orders_orders WHERE id = ?1";
    document(backend, sql, &id(&said["id"]))
}

fn missing(what: &str) -> Option<String> {
    Some(format!("{what} is not there"))
}

fn placed(backend: &Backend, said: &Value) -> Result<Option<String>> {
    let Some(order) = order(backend, said)? else {
        return Ok(missing("the order"));
    };
    let same = ["code", "total", "lines"]
        .iter()
        .all(|it| order[*it] == said[*it]);
    Ok((!same).then(|| format!("the order is {order}, not {said}")))
}

fn paid(backend: &Backend, said: &Value) -> Result<Option<String>> {
    let sql = "SELECT document FROM payments_payments WHERE id = ?1";
    let Some(payment) = document(backend, sql, &id(&said["id"]))? else {
        return Ok(missing("the payment"));
    };
    let same = payment["order"] == said["order"] && payment["amount"] == said["amount"];
    let taken_back = said["status"] == "succeeded" && payment["status"] != "succeeded";
    Ok((!same || taken_back).then(|| format!("the payment is {payment}, not {said}")))
}

fn status(backend: &Backend, said: &Value, may_be: &[&str]) -> Result<Option<String>> {
    let Some(order) = order(backend, said)? else {
        return Ok(missing("the order"));
    };
    let is = order["status"].as_str().unwrap_or_default();
    Ok((!may_be.contains(&is)).then(|| format!("the order is {is}")))
}

fn refunded(backend: &Backend, said: &Value) -> Result<Option<String>> {
    let Some(order) = order(backend, said)? else {
        return Ok(missing("the order"));
    };
    let asked = said["refunds"].as_array().into_iter().flatten();
    let kept = order["refunds"].as_array().cloned().unwrap_or_default();
    for refund in asked {
        if kept.iter().all(|it| it["id"] != refund["id"]) {
            return Ok(missing("the refund"));
        }
    }
    Ok(None)
}

fn ticket(backend: &Backend, said: &Value) -> Result<Option<Value>> {
    let serial = said["serial"]
        .as_str()
        .and_then(|text| text.parse::<Serial>().ok());
    let key = (said["event"].as_i64(), serial.map(Serial::get));
    let text: Option<String> = backend
        .0
        .prepare_cached("SELECT doc FROM tickets_tickets WHERE event = ?1 AND serial = ?2")?
        .query_row(key, |row| row.get(0))
        .optional()?;
    Ok(text.map(|text| serde_json::from_str(&text)).transpose()?)
}

fn acted(backend: &Backend, said: &Value) -> Result<Option<String>> {
    let Some(ticket) = ticket(backend, said)? else {
        return Ok(missing("the ticket"));
    };
    // Later changes have higher versions; none may be lower, or the same and another.
    let (now, then) = (&ticket["version"], &said["version"]);
    let lost = now.as_u64() < then.as_u64() || (now == then && ticket["status"] != said["status"]);
    let revived = said["status"] == "cancelled" && ticket["status"] == "valid";
    Ok((lost || revived).then(|| format!("the ticket is {ticket}")))
}

fn held(backend: &Backend, said: &Value) -> Result<Option<String>> {
    for item in said["items"].as_array().into_iter().flatten() {
        match ticket(backend, item)? {
            None => return Ok(missing("a ticket")),
            Some(ticket) if ticket["code"] != item["code"] => {
                return Ok(Some(format!(
                    "the ticket {} has another code",
                    item["serial"]
                )));
            }
            Some(_) => {}
        }
    }
    Ok(None)
}

fn enrolled(backend: &Backend, said: &Value) -> Result<Option<String>> {
    let sql = "SELECT doc FROM checkin_devices WHERE device = ?1";
    Ok(match document(backend, sql, &id(&said["device"]))? {
        Some(_) => None,
        None => missing("the device"),
    })
}
