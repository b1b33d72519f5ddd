//! How far the orders of a cancelled event were gone through: after the order
//! with the id in `after`, if there is one, while it is `going_on`. Orders are
//! gone through by id; none is added once the event is known as cancelled.

use super::event_number;
use super::sight::Sight;
use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{id, id_of, number_of};
use crate::mongo::error::{MongoError, on_duplicate};
use gateline_common::ids::{EventId, OrderId};
use gateline_core::orders::Wish;
use gateline_core::shared::StoreError;
use mongodb::bson::doc;
use mongodb::options::FindOptions;

pub(super) async fn begin(tx: &mut Tx, event: EventId) -> Result<(), MongoError> {
    let begun = doc! {"$setOnInsert": {"going_on": true}};
    let begun = tx.upsert("called_off", doc! {"_id": event_number(event)}, begun);
    on_duplicate(begun.await, MongoError::Again)
}

pub(super) async fn next(db: &MongoDb) -> Result<Option<EventId>, MongoError> {
    let Some(found) = db.find_one("called_off", doc! {"going_on": true}).await? else {
        return Ok(None);
    };
    let event = u32::try_from(number_of(&found, "_id")?);
    let event = event.map_err(|error| MongoError::Document(error.to_string()))?;
    Ok(Some(EventId(event)))
}

pub(super) async fn go_on(
    db: &MongoDb,
    event: EventId,
    limit: u32,
    wish: Wish,
) -> Result<(), StoreError> {
    transact!(db, |tx| {
        let key = doc! {"_id": event_number(event), "going_on": true};
        let Some(state) = tx.find_one("called_off", key.clone()).await? else {
            return Ok(());
        };
        let mut filter = doc! {"event": event_number(event)};
        if let Some(after) = state.get("after") {
            filter.insert("_id", doc! {"$gt": after});
        }
        let orders = ids(&mut tx, filter, limit).await?;
        let mut sight = Sight::of_orders(&mut tx, event, &orders).await?;
        for order in &orders {
            // An error of one undoes all of them, and they are tried again.
            let decided = sight.decide(Some(*order), &wish);
            decided.map_err(|error| StoreError::Failed(error.to_string()))?;
        }
        sight.write(&mut tx).await?;
        let more = u32::try_from(orders.len()).is_ok_and(|count| count == limit);
        let how_far = match orders.last() {
            Some(last) if more => doc! {"$set": {"after": id(last.0)}},
            _ => doc! {"$set": {"going_on": false}},
        };
        tx.update("called_off", key, how_far).await?;
        Ok(())
    })
}

async fn ids(
    tx: &mut Tx,
    filter: mongodb::bson::Document,
    limit: u32,
) -> Result<Vec<OrderId>, MongoError> {
    let options = FindOptions::builder()
        .projection(doc! {"_id": 1})
        .sort(doc! {"_id": 1})
        .limit(i64::from(limit))
        .build();
    let found = tx.find("orders", filter, options).await?;
    let ids = found.iter().map(|order| id_of(order, "_id").map(OrderId));
    ids.collect()
}
