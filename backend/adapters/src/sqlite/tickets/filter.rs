//! The query behind lists of tickets.

use super::status;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, Serial};
use gateline_core::tickets::TicketFilter;
use rusqlite::types::Value;
use uuid::Uuid;

/// SQL and its parameters.
pub(super) fn query(
    filter: &TicketFilter,
    limit: u32,
    after: Option<(Timestamp, EventId, Serial)>,
) -> (String, Vec<Value>) {
    let mut conditions = vec!["1".to_owned()];
    let mut params = Vec::new();
    let mut and = |condition: &str, values: Vec<Value>| {
        conditions.push(condition.to_owned());
        params.extend(values);
    };
    let id = |id: Uuid| vec![Value::Blob(id.as_bytes().to_vec())];
    if let Some(owner) = filter.owner {
        and("owner = ?", id(owner.0));
    }
    if let Some(org) = filter.org {
        and("org = ?", id(org.0));
    }
    if let Some(order) = filter.order {
        and("order_id = ?", id(order.0));
    }
    if let Some(event) = filter.event {
        and("event = ?", vec![Value::Integer(event.0.into())]);
    }
    if let Some(wanted) = filter.status {
        and("status = ?", vec![Value::Text(status(wanted).into())]);
    }
    if let Some(text) = &filter.text {
        and("instr(search, ?) > 0", vec![Value::Text(text.clone())]);
    }
    if let Some((at, event, serial)) = after {
        let serial = i64::try_from(serial.get()).unwrap_or(i64::MAX);
        let position = [at.0, event.0.into(), serial].map(Value::Integer);
        and("(issued_at, event, serial) < (?, ?, ?)", position.to_vec());
    }
    params.push(Value::Integer(limit.into()));
    let sql = format!(
        "SELECT doc FROM tickets_tickets WHERE {}
         ORDER BY issued_at DESC, event DESC, serial DESC LIMIT ?",
        conditions.join(" AND ")
    );
    (sql, params)
}
