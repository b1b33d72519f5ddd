//! Documents of venues. Every change that puts an event at a venue touches the
//! venue's document, so that it meets a change and the deletion of the venue.

use super::status;
use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{id, number, state, written};
use crate::mongo::error::{MongoError, hit, on_duplicate};
use gateline_common::bus::EventStatus;
use gateline_common::ids::{OrgId, VenueId};
use gateline_core::events::{Event, Venue};
use gateline_core::shared::StoreError;
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;

pub(super) async fn insert(tx: &mut Tx, venue: &Venue) -> Result<(), MongoError> {
    let mut document = fields(venue)?;
    document.insert("_id", id(venue.id.0));
    let inserted = tx.insert("venues", document).await;
    on_duplicate(inserted, StoreError::Conflict.into())
}

pub(super) async fn update(tx: &mut Tx, venue: &Venue, read: u64) -> Result<(), MongoError> {
    let change = doc! {"$set": fields(venue)?};
    hit(tx.update("venues", at(venue.id, read), change).await?)
}

pub(super) async fn delete(tx: &mut Tx, venue: VenueId, read: u64) -> Result<(), MongoError> {
    hit(tx.delete("venues", at(venue, read)).await?)
}

/// An event that is not deleted holds the newest state of its venue.
pub(super) async fn check(tx: &mut Tx, event: &Event) -> Result<(), MongoError> {
    let Some(venue) = needed(event) else {
        return Ok(());
    };
    hit(touch(tx, venue).await?)
}

/// The same, or the venue is gone.
pub(super) async fn check_if_any(tx: &mut Tx, event: &Event) -> Result<(), MongoError> {
    let Some(venue) = needed(event) else {
        return Ok(());
    };
    if touch(tx, venue).await? == 1 {
        return Ok(());
    }
    let found = tx.find_one("venues", doc! {"_id": id(venue.id.0)}).await?;
    hit(found.map_or(1, |_| 0))
}

fn needed(event: &Event) -> Option<&Venue> {
    let is_there = event.status != EventStatus::Deleted;
    event.venue().filter(|_| is_there)
}

/// Meets whoever changes or deletes the venue, if it still is in this state.
async fn touch(tx: &mut Tx, venue: &Venue) -> Result<u64, MongoError> {
    let newest = at(venue.id, venue.version);
    let touch = doc! {"$inc": {"touched": 1_i64}};
    tx.update("venues", newest, touch).await
}

fn at(venue: VenueId, version: u64) -> Document {
    doc! {"_id": id(venue.0), "version": number(version)}
}

fn fields(venue: &Venue) -> Result<Document, MongoError> {
    Ok(doc! {
        "org": id(venue.org.0),
        "version": number(venue.version),
        "doc": written(venue)?,
    })
}

/// Events that take place there.
pub(super) fn events_at(venue: VenueId) -> Document {
    doc! {"venue": id(venue.0), "status": {"$ne": status(EventStatus::Deleted)}}
}

/// How many these are, as far as `most`.
pub(super) async fn count_at(
    tx: &mut Tx,
    venue: VenueId,
    most: usize,
) -> Result<usize, MongoError> {
    let options = FindOptions::builder()
        .projection(doc! {"_id": 1})
        .limit(i64::try_from(most).unwrap_or(i64::MAX))
        .build();
    let found = tx.find("events", events_at(venue), options).await?;
    Ok(found.len())
}

pub(super) async fn one(db: &MongoDb, venue: VenueId) -> Result<Option<Venue>, MongoError> {
    let found = db.find_one("venues", doc! {"_id": id(venue.0)}).await?;
    found.map(state).transpose()
}

pub(super) async fn list(
    db: &MongoDb,
    org: OrgId,
    limit: u32,
    after: Option<VenueId>,
) -> Result<Vec<Venue>, MongoError> {
    let mut filter = doc! {"org": id(org.0)};
    if let Some(after) = after {
        filter.insert("_id", doc! {"$gt": id(after.0)});
    }
    let options = FindOptions::builder()
        .sort(doc! {"_id": 1})
        .limit(i64::from(limit))
        .build();
    let found = db.find("venues", filter, options).await?;
    found.into_iter().map(state).collect()
}
