//! What is on offer: the type as events told it, its stock, and the price that
//! pricing told. Each has a version of its own, and either may come first.

use super::super::db::DbError;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::orders::{Offer, OfferPrice, Stock};
use rusqlite::{Connection, OptionalExtension, Row};

const SELECT: &str = "SELECT stock.document, orders_prices.price, most, held, sold
    FROM orders_stock AS stock LEFT JOIN orders_prices USING (event, ticket_type)";

pub(super) fn learn(
    connection: &Connection,
    offer: &Offer,
    limit: u32,
    version: u64,
) -> Result<(), DbError> {
    connection
        .prepare_cached(
            "INSERT INTO orders_stock (event, ticket_type, version, most, document)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (event, ticket_type) DO UPDATE
             SET version = excluded.version, most = excluded.most, document = excluded.document
             WHERE excluded.version > orders_stock.version",
        )?
        .execute((
            offer.event.0,
            offer.ticket_type.0,
            version,
            limit,
            serde_json::to_string(offer)?,
        ))?;
    Ok(())
}

pub(super) fn learn_price(
    connection: &Connection,
    price: &OfferPrice,
    version: u64,
) -> Result<(), DbError> {
    let own = price
        .price
        .as_ref()
        .map(serde_json::to_string)
        .transpose()?;
    connection
        .prepare_cached(
            "INSERT INTO orders_prices (event, ticket_type, version, price)
             VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (event, ticket_type) DO UPDATE
             SET version = excluded.version, price = excluded.price
             WHERE excluded.version > orders_prices.version",
        )?
        .execute((price.event.0, price.ticket_type.0, version, own))?;
    Ok(())
}

/// One type of an event, if it is known.
pub(super) fn one(
    connection: &Connection,
    event: EventId,
    ticket_type: TicketTypeId,
) -> Result<Option<Offer>, DbError> {
    let sql = format!("{SELECT} WHERE event = ?1 AND ticket_type = ?2");
    let row = connection
        .prepare_cached(&sql)?
        .query_row((event.0, ticket_type.0), texts)
        .optional()?;
    row.map(|row| offer(row).map(|(offer, _)| offer))
        .transpose()
}

/// Every type of an event with its stock, by type.
pub(super) fn all(connection: &Connection, event: EventId) -> Result<Vec<(Offer, Stock)>, DbError> {
    let sql = format!("{SELECT} WHERE event = ?1 ORDER BY ticket_type");
    let mut statement = connection.prepare_cached(&sql)?;
    let rows = statement.query_map([event.0], texts)?;
    let mut offers = Vec::new();
    for row in rows {
        offers.push(offer(row?)?);
    }
    Ok(offers)
}

type Texts = (String, Option<String>, Stock);

fn texts(row: &Row<'_>) -> rusqlite::Result<Texts> {
    let stock = Stock {
        limit: row.get(2)?,
        held: row.get(3)?,
        sold: row.get(4)?,
    };
    Ok((row.get(0)?, row.get(1)?, stock))
}

fn offer((document, own, stock): Texts) -> Result<(Offer, Stock), DbError> {
    let mut offer: Offer = serde_json::from_str(&document)?;
    offer.own_price = own.map(|own| serde_json::from_str(&own)).transpose()?;
    Ok((offer, stock))
}
