//! Events, their rules, and the document of each event's feed.
//!
//! The feed's document holds what every writer of the event moves: the last
//! position, the count of changes of passages, and the figures. So two writers of
//! one event always meet there, and it stays apart from what events say.

use super::read::{Read, number, said, sorted, text};
use super::{keys, organizations};
use crate::mongo::commit;
use crate::mongo::db::Tx;
use crate::mongo::documents::{id, number as written};
use crate::mongo::error::{MongoError, hit, on_duplicate};
use gateline_common::ids::{EventId, FeedGeneration, OrgId};
use gateline_common::sync::EventManifest;
use gateline_core::checkin::event::EventState;
use gateline_core::checkin::ports::EventWrite;
use gateline_core::shared::{Commit, StoreError};
use mongodb::bson::{Bson, Document, doc};
use uuid::Uuid;

pub(super) async fn one(
    read: &mut impl Read,
    event: EventId,
) -> Result<Option<EventState>, MongoError> {
    let found = read.one("events", doc! {"_id": i64::from(event.0)}).await?;
    found.map(|found| state(&found)).transpose()
}

pub(super) async fn of_org(
    read: &mut impl Read,
    org: OrgId,
) -> Result<Vec<EventState>, MongoError> {
    let own = doc! {"org": id(org.0)};
    let found = read.all("events", own, sorted(doc! {"_id": 1})).await?;
    found.iter().map(state).collect()
}

fn state(found: &Document) -> Result<EventState, MongoError> {
    let mut event: EventState = said(found, "doc")?;
    event.version = number(found, "version")?;
    Ok(event)
}

pub(super) async fn rules(
    read: &mut impl Read,
    event: EventId,
) -> Result<Vec<EventManifest>, MongoError> {
    let of_event = doc! {"event": i64::from(event.0)};
    let found = read.all("rules", of_event, sorted(doc! {"_id": 1}));
    let found = found.await?;
    found.iter().map(|found| said(found, "doc")).collect()
}

pub(super) async fn save(
    tx: &mut Tx,
    write: &EventWrite,
    commit: &Commit,
) -> Result<(), MongoError> {
    commit::apply(tx, commit).await?;
    match write.event.version {
        0 => insert(tx, write).await?,
        _ => update(tx, write).await?,
    }
    if let Some(rules) = &write.rules {
        let event = write.event.event;
        let document = doc! {
            "_id": keys::rules(event, rules.rules_version),
            "event": i64::from(event.0),
            "doc": text(rules)?,
        };
        let kept = tx.insert("rules", document).await;
        on_duplicate(kept, StoreError::Conflict.into())?;
    }
    match write.bump {
        Some(rise) => organizations::bump(tx, rise).await,
        None => Ok(()),
    }
}

async fn insert(tx: &mut Tx, write: &EventWrite) -> Result<(), MongoError> {
    let event = i64::from(write.event.event.0);
    let generation = write.generation.unwrap_or(FeedGeneration(Uuid::nil()));
    let mut document = fields(&write.event)?;
    document.insert("_id", event);
    document.insert("version", 1_i64);
    let inserted = tx.insert("events", document).await;
    on_duplicate(inserted, StoreError::Conflict.into())?;
    let feed = doc! {
        "_id": event,
        "generation": id(generation.0),
        "past": [],
        "position": 0_i64,
        "changes": 0_i64,
        "figures": {},
    };
    let inserted = tx.insert("feeds", feed).await;
    on_duplicate(inserted, StoreError::Conflict.into())
}

async fn update(tx: &mut Tx, write: &EventWrite) -> Result<(), MongoError> {
    let event = i64::from(write.event.event.0);
    let before = doc! {"_id": event, "version": written(write.event.version)};
    let change = doc! {"$set": fields(&write.event)?, "$inc": {"version": 1_i64}};
    hit(tx.update("events", before, change).await?)?;
    if let Some(generation) = write.generation {
        let anew = doc! {"$set": {"generation": id(generation.0), "past": []}};
        hit(tx.update("feeds", doc! {"_id": event}, anew).await?)?;
    }
    Ok(())
}

fn fields(event: &EventState) -> Result<Document, MongoError> {
    Ok(doc! {
        "org": event.org().map_or(Bson::Null, |org| id(org.0)),
        "doc": text(event)?,
    })
}
