//! The prices that pricing gave ticket types, as orders and events each keep a copy
//! of them: one document a type, the newest.

use super::db::Tx;
use super::documents::{field, number_of, written};
use super::error::MongoError;
use super::newest;
use super::read::Read;
use super::schema::{Index, Kept};
use gateline_common::Money;
use gateline_common::ids::{EventId, TicketTypeId};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;

pub(super) const KEPT: Kept = Kept {
    name: "prices",
    indexes: &[Index::of(&["event"])],
};

/// A price; `None` is the list price.
pub(super) struct TypePrice {
    pub(super) event: EventId,
    pub(super) ticket_type: TicketTypeId,
    pub(super) price: Option<Money>,
    pub(super) version: u64,
}

/// Takes a price if it is newer.
pub(super) async fn learn(tx: &mut Tx, price: &TypePrice) -> Result<(), MongoError> {
    let (event, ticket_type) = (i64::from(price.event.0), i64::from(price.ticket_type.0));
    let id = Bson::Document(doc! {"event": event, "ticket_type": ticket_type});
    let fields = doc! {
        "event": event,
        "ticket_type": ticket_type,
        "price": written(&price.price)?,
    };
    newest::keep(tx, KEPT.name, id, price.version, fields).await?;
    Ok(())
}

/// The prices of these events' types, by type.
pub(super) async fn of(
    from: &mut impl Read,
    events: &[EventId],
) -> Result<Vec<TypePrice>, MongoError> {
    let events: Vec<i64> = events.iter().map(|event| i64::from(event.0)).collect();
    let wanted = doc! {"event": {"$in": events}};
    let sort = doc! {"event": 1, "ticket_type": 1};
    let in_order = FindOptions::builder().sort(sort).build();
    let found = from.all(KEPT.name, wanted, in_order).await?;
    found.into_iter().map(read).collect()
}

fn read(document: Document) -> Result<TypePrice, MongoError> {
    let unfit = |error: std::num::TryFromIntError| MongoError::Document(error.to_string());
    let number = |name| number_of(&document, name);
    let event = u32::try_from(number("event")?).map_err(unfit)?;
    let ticket_type = number("ticket_type")?.try_into().map_err(unfit)?;
    let version = u64::try_from(number("version")?).map_err(unfit)?;
    Ok(TypePrice {
        event: EventId(event),
        ticket_type: TicketTypeId(ticket_type),
        price: field(document, "price")?,
        version,
    })
}
