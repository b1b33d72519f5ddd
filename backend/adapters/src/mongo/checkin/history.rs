//! Whether this is the history that gates have read, or one that was put back to
//! a copy.
//!
//! In one process that begins a new history at each start, a gate that read what
//! is lost is found out then. Here instances start at any time beside others, and
//! a store may be put back beneath instances that go on. So the store says itself
//! that its time stood still: every instance marks every few seconds that it is
//! alive, by the server's clock, and whoever gives out positions, or tells gates of
//! positions or manifests, reads that mark in the same transaction. A mark that is
//! older than [`LONGEST_SILENCE_MS`] was put back with the store (or nobody used it
//! for so long, which costs a gate nothing). Then every feed gets a new generation
//! and remembers how far the last one went, and manifests get a version that none
//! had before, in whichever instance comes first; until that is done everybody
//! waits. A reader that stands further, or in a generation that nobody remembers,
//! begins anew.
//!
//! Not noticed is a store that is put back to a moment that is not older than the
//! silence: nobody is that fast.
//!
//! Always true: a position of a generation is given out once, and a version of a
//! manifest stands for one manifest. An instance that starts, or ends, changes
//! nothing.

use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::id;
use crate::mongo::error::MongoError;
use gateline_core::shared::random;
use mongodb::bson::{Bson, DateTime, Document, doc};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use uuid::Builder;

/// An instance marks so often that it is alive.
const MARKED_EVERY: Duration = Duration::from_secs(5);
/// Of a store that is in use the mark is never that old, milliseconds.
const LONGEST_SILENCE_MS: i64 = 30_000;
/// So many generations of a feed are remembered.
const REMEMBERED: i32 = 50;

const MARK: &str = "alive";

/// Goes on if the store is in use; else begins a new history, and has the
/// transaction tried again.
pub(super) async fn go_on(tx: &mut Tx, db: &MongoDb) -> Result<(), MongoError> {
    if tx.find_one("marks", recent(db).await?).await?.is_some() {
        return Ok(());
    }
    begin_anew(db).await?;
    Err(MongoError::Again)
}

/// Marks that somebody is alive, from now on until it is dropped.
pub(super) fn keep_alive(db: &MongoDb) -> JoinSet<()> {
    let db = db.clone();
    let mut alive = JoinSet::new();
    alive.spawn(async move {
        let mut ticks = tokio::time::interval(MARKED_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            // If the store cannot be reached, whoever needs it says so.
            drop(mark(&db).await);
        }
    });
    alive
}

/// Marks it once.
pub(super) async fn mark(db: &MongoDb) -> Result<(), MongoError> {
    let recent = recent(db).await?;
    let marked = db.collection("marks").update_one(recent, now()).await?;
    if marked.matched_count == 0 {
        begin_anew(db).await?;
    }
    Ok(())
}

/// The mark, if it is recent by the server's clock.
async fn recent(db: &MongoDb) -> Result<Document, MongoError> {
    let said = db.database.run_command(doc! {"hello": 1}).await?;
    let now = said.get_datetime("localTime");
    let now = now.map_err(|error| MongoError::Document(error.to_string()))?;
    let earliest = DateTime::from_millis(now.timestamp_millis() - LONGEST_SILENCE_MS);
    Ok(doc! {"_id": MARK, "at": {"$gte": earliest}})
}

fn now() -> Vec<Document> {
    vec![doc! {"$set": {"at": "$$NOW"}}]
}

/// Several may do this at once: each feed and each organization notes the silence
/// that it was begun anew after. The mark is set last.
async fn begin_anew(db: &MongoDb) -> Result<(), MongoError> {
    if db.find_one("marks", recent(db).await?).await?.is_some() {
        return Ok(());
    }
    let mark = db.find_one("marks", doc! {"_id": MARK}).await?;
    let silent_since = match mark.as_ref().and_then(|mark| mark.get("at")) {
        Some(Bson::DateTime(at)) => *at,
        _ => DateTime::from_millis(0),
    };
    let not_yet = doc! {"after": {"$ne": silent_since}};
    let feeds = db.collection("feeds");
    let begun = feeds
        .update_many(not_yet.clone(), new_generation(silent_since))
        .await?;
    let organizations = db.collection("organizations");
    organizations
        .update_many(not_yet, new_version(silent_since))
        .await?;
    if begun.modified_count > 0 {
        tracing::info!(feeds = begun.modified_count, "a new history begins");
    }
    let marks = db.collection("marks");
    let marked = match mark {
        Some(_) => marks.update_one(doc! {"_id": MARK, "at": silent_since}, now()),
        None => marks.update_one(doc! {"_id": MARK}, now()).upsert(true),
    };
    match marked.await.map_err(MongoError::from) {
        // Somebody else made the mark.
        Err(error) if error.is_duplicate() => Ok(()),
        other => other.map(drop),
    }
}

/// One for all feeds: a generation is one feed's only together with its event.
fn new_generation(silent_since: DateTime) -> Vec<Document> {
    let generation = Builder::from_random_bytes(random::bytes()).into_uuid();
    let last = doc! {"generation": "$generation", "upto": "$position"};
    let all = doc! {"$concatArrays": ["$past", [last]]};
    vec![doc! {"$set": {
        "past": {"$slice": [all, -REMEMBERED]},
        "generation": id(generation),
        "after": silent_since,
    }}]
}

/// The milliseconds since 1970 serve as a number that has risen by more than any
/// changes since a copy was made; nobody reads a time from it.
fn new_version(silent_since: DateTime) -> Vec<Document> {
    let next = doc! {"$add": ["$manifest_version", 1_i64]};
    vec![doc! {"$set": {
        "manifest_version": {"$max": [next, {"$toLong": "$$NOW"}]},
        "after": silent_since,
    }}]
}
