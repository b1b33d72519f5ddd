//! The query behind browsing.

use super::status;
use gateline_common::Timestamp;
use gateline_common::ids::EventId;
use gateline_core::events::EventFilter;
use rusqlite::types::Value;

/// A query with its parameters.
pub(super) struct Query {
    pub(super) sql: String,
    pub(super) params: Vec<Value>,
}

pub(super) fn query(
    filter: &EventFilter,
    limit: u32,
    after: Option<(Timestamp, EventId)>,
) -> Query {
    let mut query = Query {
        sql: "SELECT doc FROM events_events WHERE status <> 'deleted'".into(),
        params: Vec::new(),
    };
    for word in &filter.words {
        query.and("instr(search, ?) > 0", [Value::Text(word.clone())]);
    }
    if let Some(category) = filter.category {
        query.and("category = ?", [Value::Text(category.as_str().into())]);
    }
    if let Some(org) = filter.org {
        query.and("org = ?", [Value::Blob(org.0.as_bytes().to_vec())]);
    }
    if !filter.statuses.is_empty() {
        let marks = vec!["?"; filter.statuses.len()].join(", ");
        let names = filter
            .statuses
            .iter()
            .map(|s| Value::Text(status(*s).into()));
        query.and(&format!("status IN ({marks})"), names);
    }
    if let Some(at) = filter.ends_after {
        query.and("ends_at > ?", [Value::Integer(at.0)]);
    }
    if let Some(at) = filter.starts_before {
        query.and("starts_at < ?", [Value::Integer(at.0)]);
    }
    if let Some((at, id)) = after {
        let position = [Value::Integer(at.0), Value::Integer(id.0.into())];
        query.and("(starts_at, id) > (?, ?)", position);
    }
    query.sql.push_str(" ORDER BY starts_at, id LIMIT ?");
    query.params.push(Value::Integer(limit.into()));
    query
}

impl Query {
    fn and(&mut self, condition: &str, params: impl IntoIterator<Item = Value>) {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self.params.extend(params);
    }
}
