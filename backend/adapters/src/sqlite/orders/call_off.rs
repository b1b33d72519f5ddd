//! How far the orders of a cancelled event were gone through: after the order
//! with the id in `after`, or (NULL) to the end. Orders are gone through by id;
//! none is added once the event is known as cancelled.

use super::super::db::DbError;
use super::change;
use gateline_common::ids::{EventId, OrderId};
use gateline_core::orders::Wish;
use gateline_core::shared::StoreError;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

pub(super) fn begin(connection: &Connection, event: EventId) -> Result<(), DbError> {
    let sql = "INSERT INTO orders_called_off (event, after) VALUES (?1, x'')
               ON CONFLICT DO NOTHING";
    connection.prepare_cached(sql)?.execute([event.0])?;
    Ok(())
}

pub(super) fn next(connection: &Connection) -> Result<Option<EventId>, DbError> {
    let sql = "SELECT event FROM orders_called_off WHERE after IS NOT NULL LIMIT 1";
    let event: Option<u32> = connection
        .prepare_cached(sql)?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(event.map(EventId))
}

pub(super) fn go_on(
    connection: &Connection,
    event: EventId,
    limit: u32,
    wish: &Wish,
) -> Result<(), DbError> {
    let sql = "SELECT after FROM orders_called_off WHERE event = ?1 AND after IS NOT NULL";
    let after: Option<Vec<u8>> = connection
        .prepare_cached(sql)?
        .query_row([event.0], |row| row.get(0))
        .optional()?;
    let Some(after) = after else {
        return Ok(());
    };
    let orders = ids(connection, event, &after, limit)?;
    for order in &orders {
        // An error of one undoes all of them, and they are tried again.
        change::change(connection, *order, wish)?
            .map_err(|error| StoreError::Failed(error.to_string()))?;
    }
    let more = u32::try_from(orders.len()).is_ok_and(|count| count == limit);
    let last = orders.last().filter(|_| more);
    let last = last.map(|order| order.0.as_bytes().to_vec());
    let sql = "UPDATE orders_called_off SET after = ?2 WHERE event = ?1";
    connection.prepare_cached(sql)?.execute((event.0, last))?;
    Ok(())
}

fn ids(
    connection: &Connection,
    event: EventId,
    after: &[u8],
    limit: u32,
) -> Result<Vec<OrderId>, DbError> {
    let sql = "SELECT id FROM orders_orders WHERE event = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
    let mut statement = connection.prepare_cached(sql)?;
    let id = |row: &rusqlite::Row<'_>| Ok(OrderId(Uuid::from_bytes(row.get(0)?)));
    let found = statement.query_map((event.0, after, limit), id)?;
    Ok(found.collect::<Result<_, _>>()?)
}
