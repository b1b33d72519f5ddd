//! Deciding about prices and storing them, inside the writing transaction.

use super::super::commit;
use super::super::db::DbError;
use super::super::rows::{find, hit, inserted, list};
use super::event;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::pricing::{
    Change, EventCopy, Moved, Priced, PricingError, Seen, Standing, Wish,
};
use rusqlite::Connection;

/// What the domain says; the outer error undoes the job.
type Decided<T> = Result<Result<T, PricingError>, DbError>;

pub(super) fn seen(
    connection: &Connection,
    of: EventId,
    ticket_type: TicketTypeId,
) -> Result<Seen, DbError> {
    let sql = "SELECT doc FROM pricing_types WHERE event = ?1 AND ticket_type = ?2";
    let priced: Option<Priced> = find(connection, sql, (of.0, ticket_type.0))?;
    Ok(Seen {
        priced: priced.unwrap_or_else(|| Priced::unknown(of, ticket_type)),
        event: event(connection, of)?,
        moved: Moved::default(),
    })
}

pub(super) fn change(
    connection: &Connection,
    of: EventId,
    ticket_type: TicketTypeId,
    wish: &Wish,
) -> Decided<Seen> {
    let mut seen = seen(connection, of, ticket_type)?;
    match (wish.decide)(&seen) {
        Ok(change) => {
            store(connection, change.as_ref(), wish)?;
            if let Some(change) = change {
                seen.priced = change.priced;
            }
            Ok(Ok(seen))
        }
        Err(error) => Ok(Err(error)),
    }
}

pub(super) fn learn_event(connection: &Connection, copy: &EventCopy, wish: &Wish) -> Decided<()> {
    let sql = "INSERT INTO pricing_events (event, version, doc) VALUES (?1, ?2, ?3)
               ON CONFLICT (event) DO UPDATE SET version = excluded.version, doc = excluded.doc
               WHERE excluded.version > pricing_events.version";
    let row = (copy.event.0, copy.version, serde_json::to_string(copy)?);
    commit::attempt(connection, || {
        let is_newer = connection.prepare_cached(sql)?.execute(row)? == 1;
        let types: Vec<Priced> = if is_newer {
            let sql = "SELECT doc FROM pricing_types WHERE event = ?1 ORDER BY ticket_type";
            list(connection, sql, &[&copy.event.0])?
        } else {
            Vec::new()
        };
        let all = types.into_iter().map(|priced| Seen {
            priced,
            event: Some(copy.clone()),
            moved: Moved::default(),
        });
        decide(connection, all, wish)
    })
}

pub(super) fn note_order(connection: &Connection, order: &Standing, wish: &Wish) -> Decided<()> {
    let sql = "SELECT doc FROM pricing_orders WHERE order_id = ?1";
    let known: Option<Standing> = find(connection, sql, [order.order.0.as_bytes()])?;
    let mut all = Vec::new();
    for (ticket_type, moved) in order.moves(known.as_ref()) {
        let seen = seen(connection, order.event, ticket_type)?;
        all.push(Seen { moved, ..seen });
    }
    let sql = "INSERT INTO pricing_orders (order_id, version, doc) VALUES (?1, ?2, ?3)
               ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, doc = excluded.doc
               WHERE excluded.version > pricing_orders.version";
    let doc = serde_json::to_string(order)?;
    commit::attempt(connection, || {
        let row = (order.order.0.as_bytes(), order.version, doc);
        connection.prepare_cached(sql)?.execute(row)?;
        decide(connection, all, wish)
    })
}

/// Decides about each and stores what was decided.
fn decide(
    connection: &Connection,
    all: impl IntoIterator<Item = Seen>,
    wish: &Wish,
) -> Decided<()> {
    let mut changes = Vec::new();
    for seen in all {
        match (wish.decide)(&seen) {
            Ok(change) => changes.extend(change),
            Err(error) => return Ok(Err(error)),
        }
    }
    store(connection, &changes, wish)?;
    Ok(Ok(()))
}

fn store<'a>(
    connection: &Connection,
    changes: impl IntoIterator<Item = &'a Change> + Clone,
    wish: &Wish,
) -> Result<(), DbError> {
    for change in changes.clone() {
        write(connection, &change.priced)?;
        if let Some(entry) = &change.entry {
            let sql = "INSERT INTO pricing_history (event, ticket_type, version, doc)
                       VALUES (?1, ?2, ?3, ?4)";
            let of = &change.priced;
            let doc = serde_json::to_string(entry)?;
            let row = (of.event.0, of.ticket_type.0, entry.version, doc);
            connection.prepare_cached(sql)?.execute(row)?;
        }
    }
    commit::apply(connection, &wish.commit(changes))
}

/// Stores a pricing that was read one version before.
fn write(connection: &Connection, priced: &Priced) -> Result<(), DbError> {
    let look_at = priced.look_at.map(|at| at.0);
    let doc = serde_json::to_string(priced)?;
    let (event, ticket_type) = (priced.event.0, priced.ticket_type.0);
    let row = (event, ticket_type, priced.version, look_at, doc);
    if priced.version == 1 {
        let sql = "INSERT INTO pricing_types (event, ticket_type, version, look_at, doc)
                   VALUES (?1, ?2, ?3, ?4, ?5)";
        return inserted(connection.prepare_cached(sql)?.execute(row));
    }
    let sql = "UPDATE pricing_types SET version = ?3, look_at = ?4, doc = ?5
               WHERE event = ?1 AND ticket_type = ?2 AND version = ?3 - 1";
    hit(connection.prepare_cached(sql)?.execute(row)?)
}
