//! Deciding and storing one change of an order inside the writing transaction.

use super::super::commit;
use super::super::db::DbError;
use super::{offers, status_text};
use gateline_common::ids::{EventId, OrderId, TicketTypeId};
use gateline_core::orders::{Change, OnSale, Order, OrderError, StockMove, View, Wish};
use rusqlite::{Connection, OptionalExtension};

/// What the domain says; the outer error undoes the job.
type Decided<T> = Result<Result<T, OrderError>, DbError>;

pub(super) fn place(connection: &Connection, event: EventId, wish: &Wish) -> Decided<Order> {
    commit::refuse_answered(connection, wish.key.as_ref())?;
    let view = view(connection, event, None, &wish.types)?;
    match (wish.decide)(&view) {
        Ok(Some(change)) => store(connection, change, wish),
        Ok(None) => Ok(Err(OrderError::NotFound)),
        Err(error) => Ok(Err(error)),
    }
}

pub(super) fn change(connection: &Connection, id: OrderId, wish: &Wish) -> Decided<Order> {
    commit::refuse_answered(connection, wish.key.as_ref())?;
    let Some(order) = load(connection, id)? else {
        return Ok(Err(OrderError::NotFound));
    };
    let view = view(connection, order.event, Some(order.clone()), &wish.types)?;
    match (wish.decide)(&view) {
        Ok(Some(change)) => store(connection, change, wish),
        Ok(None) => {
            commit::apply(connection, &wish.commit(None)?)?;
            Ok(Ok(order))
        }
        Err(error) => Ok(Err(error)),
    }
}

pub(super) fn load(connection: &Connection, id: OrderId) -> Result<Option<Order>, DbError> {
    let document: Option<String> = connection
        .prepare_cached("SELECT document FROM orders_orders WHERE id = ?1")?
        .query_row([id.0.as_bytes()], |row| row.get(0))
        .optional()?;
    let order = document.map(|document| serde_json::from_str(&document));
    Ok(order.transpose()?)
}

fn view(
    connection: &Connection,
    event: EventId,
    order: Option<Order>,
    types: &[TicketTypeId],
) -> Result<View, DbError> {
    let mut wanted = Vec::with_capacity(types.len());
    for ticket_type in types {
        wanted.extend(offers::one(connection, event, *ticket_type)?);
    }
    Ok(View {
        order,
        event: on_sale(connection, event)?,
        offers: wanted,
    })
}

pub(super) fn on_sale(connection: &Connection, event: EventId) -> Result<Option<OnSale>, DbError> {
    let document: Option<String> = connection
        .prepare_cached("SELECT document FROM orders_events WHERE event = ?1")?
        .query_row([event.0], |row| row.get(0))
        .optional()?;
    let on_sale = document.map(|document| serde_json::from_str(&document));
    Ok(on_sale.transpose()?)
}

/// Stores `change`, or what it has instead when there is too little stock.
fn store(connection: &Connection, change: Change, wish: &Wish) -> Decided<Order> {
    let tried = commit::attempt(connection, || {
        if let Err(error) = write(connection, &change.order)? {
            return Ok(Err(error));
        }
        for stock_move in &change.moves {
            if let Err(error) = move_stock(connection, change.order.event, *stock_move)? {
                return Ok(Err(error));
            }
        }
        commit::apply(connection, &wish.commit(Some(&change))?)?;
        Ok(Ok(()))
    })?;
    match (tried, change.instead) {
        (Ok(()), _) => Ok(Ok(change.order)),
        (Err(OrderError::SoldOut(_)), Some(instead)) => store(connection, *instead, wish),
        (Err(error), _) => Ok(Err(error)),
    }
}

pub(super) fn write(connection: &Connection, order: &Order) -> Decided<()> {
    let document = serde_json::to_string(order)?;
    let status = status_text(order.status)?;
    if order.version > 1 {
        let sql = "UPDATE orders_orders SET status = ?2, version = ?3, document = ?4 WHERE id = ?1";
        let row = (order.id.0.as_bytes(), status, order.version, document);
        connection.prepare_cached(sql)?.execute(row)?;
        return Ok(Ok(()));
    }
    let sql = "INSERT INTO orders_orders (id, code, event, buyer, status, version, document)
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let inserted = connection.prepare_cached(sql)?.execute((
        order.id.0.as_bytes(),
        &order.code,
        order.event.0,
        order.buyer.user.0.as_bytes(),
        status,
        order.version,
        document,
    ));
    match inserted {
        Ok(_) => Ok(Ok(())),
        Err(error) if commit::is_duplicate(&error) => Ok(Err(OrderError::CodeTaken)),
        Err(error) => Err(error.into()),
    }
}

/// The conditional update that makes overselling impossible.
fn move_stock(connection: &Connection, event: EventId, stock_move: StockMove) -> Decided<()> {
    let StockMove {
        ticket_type,
        held,
        sold,
    } = stock_move;
    let changed = connection
        .prepare_cached(
            "UPDATE orders_stock SET held = held + ?3, sold = sold + ?4
             WHERE event = ?1 AND ticket_type = ?2
               AND (?3 + ?4 <= 0 OR held + sold + ?3 + ?4 <= most)",
        )?
        .execute((event.0, ticket_type.0, held, sold))?;
    Ok(if changed == 1 {
        Ok(())
    } else {
        Err(OrderError::SoldOut(ticket_type))
    })
}
