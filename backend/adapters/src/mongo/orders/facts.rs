//! What is known of events and ticket types.

use super::{call_off, event_number};
use crate::mongo::commit;
use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{number, number_of, state, written};
use crate::mongo::error::{MongoError, on_duplicate};
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::orders::{Offer, OnSale};
use gateline_core::shared::{Commit, StoreError};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;

/// Where the stock of a type lies.
pub(super) fn stock_key(event: EventId, ticket_type: TicketTypeId) -> Document {
    doc! {"event": event_number(event), "ticket_type": i64::from(ticket_type.0)}
}

/// The facts of an event; its document may be there before them.
pub(super) fn known(document: Document) -> Option<Result<OnSale, MongoError>> {
    document.contains_key("doc").then(|| state(document))
}

/// Writes the event's document, so that who takes a turn at the same time and
/// who learns of the event do not both succeed.
pub(super) async fn take_turn(tx: &mut Tx, event: EventId) -> Result<(), MongoError> {
    let turn = doc! {"$inc": {"turn": 1_i64}};
    let taken = tx.upsert("events", doc! {"_id": event_number(event)}, turn);
    on_duplicate(taken.await, MongoError::Again)
}

pub(super) async fn learn_event(
    db: &MongoDb,
    event: &OnSale,
    version: u64,
    commit: &Commit,
) -> Result<(), StoreError> {
    transact!(db, |tx| {
        let key = doc! {"_id": event_number(event.event)};
        if is_newer(&mut tx, "events", &key, version).await?.is_some() {
            let facts = doc! {"$set": {"version": number(version), "doc": written(event)?}};
            on_duplicate(tx.upsert("events", key, facts).await, MongoError::Again)?;
            if event.status == EventStatus::Cancelled {
                take_every_stock(&mut tx, event.event).await?;
                call_off::begin(&mut tx, event.event).await?;
            }
        }
        commit::apply(&mut tx, commit).await
    })
}

/// From this transaction on nobody takes stock by what was known before it.
async fn take_every_stock(tx: &mut Tx, event: EventId) -> Result<(), MongoError> {
    let options = FindOptions::builder().projection(doc! {"_id": 1}).build();
    let filter = doc! {"event": event_number(event)};
    for mut stock in tx.find("stock", filter, options).await? {
        let key = stock.remove("_id").unwrap_or(Bson::Null);
        let turn = doc! {"$inc": {"turn": 1_i64}};
        tx.update("stock", doc! {"_id": key}, turn).await?;
    }
    Ok(())
}

pub(super) async fn learn_offer(
    db: &MongoDb,
    offer: &Offer,
    limit: u32,
    version: u64,
    commit: &Commit,
) -> Result<(), StoreError> {
    transact!(db, |tx| {
        let key = doc! {"_id": stock_key(offer.event, offer.ticket_type)};
        if let Some(held) = is_newer(&mut tx, "stock", &key, version).await? {
            if held == Held::Nothing {
                // A cancellation writes all stock that it finds.
                take_turn(&mut tx, offer.event).await?;
            }
            let facts = doc! {
                "$set": {
                    "event": event_number(offer.event),
                    "ticket_type": i64::from(offer.ticket_type.0),
                    "version": number(version),
                    "limit": i64::from(limit),
                    "doc": written(offer)?,
                },
                "$setOnInsert": {"held": 0_i64, "sold": 0_i64},
            };
            on_duplicate(tx.upsert("stock", key, facts).await, MongoError::Again)?;
        }
        commit::apply(&mut tx, commit).await
    })
}

/// What there is before newer facts.
#[derive(PartialEq, Eq)]
enum Held {
    Nothing,
    Older,
}

/// Is `version` newer than what `collection` holds? `None`: it is not.
async fn is_newer(
    tx: &mut Tx,
    collection: &str,
    key: &Document,
    version: u64,
) -> Result<Option<Held>, MongoError> {
    let Some(document) = tx.find_one(collection, key.clone()).await? else {
        return Ok(Some(Held::Nothing));
    };
    if !document.contains_key("version") {
        return Ok(Some(Held::Older));
    }
    let held = number_of(&document, "version")?;
    let newer = i64::try_from(version).unwrap_or(i64::MAX) > held;
    Ok(newer.then_some(Held::Older))
}
