//! The count of what was ordered: each order's newest standing, and the sums
//! per type, moved by the difference.

use crate::sqlite::db::DbError;
use crate::sqlite::rows::find;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::events::{Guard, OrderStanding, Stage, TypeSales};
use rusqlite::Connection;

/// Takes note of an order, if it is newer than what is known.
pub(super) fn note(connection: &Connection, order: &OrderStanding) -> Result<(), DbError> {
    let sql = "SELECT doc FROM events_orders WHERE order_id = ?1";
    let known: Option<OrderStanding> = find(connection, sql, [order.order.0.as_bytes()])?;
    if known
        .as_ref()
        .is_some_and(|known| known.version >= order.version)
    {
        return Ok(());
    }
    if let Some(known) = &known {
        count(connection, known, -1)?;
    }
    count(connection, order, 1)?;
    let sql = "INSERT INTO events_orders (order_id, version, doc) VALUES (?1, ?2, ?3)
               ON CONFLICT (order_id) DO UPDATE SET version = excluded.version, doc = excluded.doc";
    let doc = serde_json::to_string(order)?;
    let row = (order.order.0.as_bytes(), order.version, doc);
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

fn count(connection: &Connection, order: &OrderStanding, sign: i64) -> Result<(), DbError> {
    let sql = match order.stage {
        Stage::Held => {
            "INSERT INTO events_counts VALUES (?1, ?2, ?3, 0, 0)
             ON CONFLICT (event, ticket_type) DO UPDATE SET held = held + excluded.held"
        }
        Stage::Sold => {
            "INSERT INTO events_counts VALUES (?1, ?2, 0, ?3, 0)
             ON CONFLICT (event, ticket_type) DO UPDATE SET sold = sold + excluded.sold"
        }
        Stage::Refunded => {
            "INSERT INTO events_counts VALUES (?1, ?2, 0, 0, ?3)
             ON CONFLICT (event, ticket_type) DO UPDATE SET refunded = refunded + excluded.refunded"
        }
        Stage::Gone => return Ok(()),
    };
    let mut add = connection.prepare_cached(sql)?;
    for (ticket_type, quantity) in &order.lines {
        add.execute((order.event.0, ticket_type.0, sign * i64::from(*quantity)))?;
    }
    Ok(())
}

/// What was ordered of each type.
pub(super) fn of(connection: &Connection, event: EventId) -> Result<Vec<TypeSales>, DbError> {
    let sql = "SELECT ticket_type, held, sold, refunded FROM events_counts
               WHERE event = ?1 ORDER BY ticket_type";
    let mut statement = connection.prepare_cached(sql)?;
    let rows = statement.query_map([event.0], |row| {
        Ok(TypeSales {
            ticket_type: TicketTypeId(row.get(0)?),
            held: row.get(1)?,
            sold: row.get(2)?,
            refunded: row.get(3)?,
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Was anything ordered that the guard protects?
pub(super) fn is_guarded(
    connection: &Connection,
    event: EventId,
    guard: Guard,
) -> Result<bool, DbError> {
    let ordered = |t: &TypeSales| t.held + t.sold + t.refunded > 0;
    let sales = match guard {
        Guard::None => return Ok(false),
        Guard::EventUnsold | Guard::TypeUnsold(_) => of(connection, event)?,
    };
    Ok(sales.iter().filter(|t| ordered(t)).any(|t| match guard {
        Guard::TypeUnsold(id) => t.ticket_type == id,
        _ => true,
    }))
}
