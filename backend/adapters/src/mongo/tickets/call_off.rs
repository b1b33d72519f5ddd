//! How far the tickets of a cancelled event were gone through: after the serial
//! in `after` (-1 at the beginning), or (null) to the end. Serials are drawn at
//! random, but none is added once the event is known as cancelled: whoever issues
//! passes the event's gate, and that is closed here.

use super::position;
use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{number_of, state};
use crate::mongo::error::{MongoError, hit, on_duplicate};
use crate::mongo::{schema, stripes};
use gateline_common::ids::{EventId, Serial};
use gateline_core::tickets::{CalledOff, Ticket};
use mongodb::bson::doc;
use mongodb::options::FindOptions;

const BEGINNING: i64 = -1;

pub(super) async fn begin(tx: &mut Tx, event: EventId) -> Result<(), MongoError> {
    stripes::close(tx, "issuing", event).await?;
    let of_event = doc! {"_id": i64::from(event.0)};
    let begun = doc! {"$setOnInsert": {"after": BEGINNING}};
    let begun = tx.upsert("called_off", of_event, begun).await;
    on_duplicate(begun, MongoError::Again)
}

pub(super) async fn next(db: &MongoDb, limit: u32) -> Result<Option<CalledOff>, MongoError> {
    let to_do = doc! {"after": schema::set()};
    let Some(found) = db.find_one("called_off", to_do).await? else {
        return Ok(None);
    };
    let (event, after) = (number_of(&found, "_id")?, number_of(&found, "after")?);
    let options = FindOptions::builder()
        .sort(doc! {"serial": 1})
        .limit(i64::from(limit))
        .build();
    let rest = doc! {"event": event, "serial": {"$gt": after}};
    let tickets = db.find("tickets", rest, options).await?;
    let tickets: Vec<Ticket> = tickets.into_iter().map(state).collect::<Result<_, _>>()?;
    let event = u32::try_from(event);
    let event = event.map_err(|error| MongoError::Document(error.to_string()))?;
    Ok(Some(CalledOff {
        event: EventId(event),
        after: u64::try_from(after).ok().map(Serial::truncate),
        last: u32::try_from(tickets.len()).is_ok_and(|count| count < limit),
        tickets,
    }))
}

pub(super) async fn go_on(tx: &mut Tx, read: &CalledOff) -> Result<(), MongoError> {
    let before = read.after.map_or(Ok(BEGINNING), position)?;
    let last = read.tickets.last().filter(|_| !read.last);
    let after = last.map(|ticket| position(ticket.serial)).transpose()?;
    let as_read = doc! {"_id": i64::from(read.event.0), "after": before};
    let change = doc! {"$set": {"after": after}};
    hit(tx.update("called_off", as_read, change).await?)
}
