//! The prices that pricing gave ticket types.

use crate::sqlite::db::DbError;
use gateline_common::Money;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::events::TypePrice;
use rusqlite::{Connection, Row};

pub(super) const SCHEMA: &str = "
    CREATE TABLE events_prices (
        event INTEGER NOT NULL,
        ticket_type INTEGER NOT NULL,
        version INTEGER NOT NULL,
        price TEXT,
        PRIMARY KEY (event, ticket_type)) STRICT, WITHOUT ROWID;
";

/// Takes a price if it is newer.
pub(super) fn learn(connection: &Connection, price: &TypePrice) -> Result<(), DbError> {
    let own = price
        .price
        .as_ref()
        .map(serde_json::to_string)
        .transpose()?;
    let sql = "INSERT INTO events_prices (event, ticket_type, version, price)
               VALUES (?1, ?2, ?3, ?4)
               ON CONFLICT (event, ticket_type) DO UPDATE
               SET version = excluded.version, price = excluded.price
               WHERE excluded.version > events_prices.version";
    let row = (price.event.0, price.ticket_type.0, price.version, own);
    connection.prepare_cached(sql)?.execute(row)?;
    Ok(())
}

/// The prices of these events' types.
pub(super) fn of(connection: &Connection, events: &[EventId]) -> Result<Vec<TypePrice>, DbError> {
    let sql = "SELECT ticket_type, version, price FROM events_prices
               WHERE event = ?1 ORDER BY ticket_type";
    let mut statement = connection.prepare_cached(sql)?;
    let mut prices = Vec::new();
    for event in events {
        let rows = statement.query_map([event.0], |row: &Row<'_>| {
            let own: Option<String> = row.get(2)?;
            Ok((row.get(0)?, row.get(1)?, own))
        })?;
        for row in rows {
            let (ticket_type, version, own) = row?;
            let price = own.map(|own| serde_json::from_str::<Money>(&own));
            prices.push(TypePrice {
                event: *event,
                ticket_type: TicketTypeId(ticket_type),
                price: price.transpose()?,
                version,
            });
        }
    }
    Ok(prices)
}
