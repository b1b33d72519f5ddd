//! Writes a `Commit` inside the transaction of a state change.

use super::db::Tx;
use super::documents::{bytes, id, id_of};
use super::error::{MongoError, on_duplicate};
use gateline_core::shared::{Commit, Consumed, IdempotencyKey, StoreError, StoredAnswer};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;
use std::collections::HashSet;
use uuid::Uuid;

/// Stores outbox entries, inbox mark and answer of `commit`.
///
/// # Errors
/// `AlreadyConsumed` or `AlreadyAnswered`, which undo the whole transaction.
pub(super) async fn apply(tx: &mut Tx, commit: &Commit) -> Result<(), MongoError> {
    if let Some(consumed) = commit.consumed {
        let marked = tx.insert("inbox", mark(consumed)).await;
        on_duplicate(marked, StoreError::AlreadyConsumed.into())?;
    }
    if let Some(answer) = &commit.answer {
        let kept = tx.insert("answers", kept(answer)).await;
        on_duplicate(kept, StoreError::AlreadyAnswered.into())?;
    }
    publish(tx, std::slice::from_ref(commit)).await
}

/// The same for the commits of several changes in one transaction.
///
/// # Errors
/// For a mark or an answer that is there already, one that `is_duplicate`.
pub(super) async fn apply_all(tx: &mut Tx, commits: &[Commit]) -> Result<(), MongoError> {
    let marks = commits
        .iter()
        .filter_map(|commit| commit.consumed.map(mark));
    tx.insert_many("inbox", marks.collect()).await?;
    let answers = commits.iter().filter_map(|commit| commit.answer.as_ref());
    tx.insert_many("answers", answers.map(kept).collect())
        .await?;
    publish(tx, commits).await
}

async fn publish(tx: &mut Tx, commits: &[Commit]) -> Result<(), MongoError> {
    let mut entries = Vec::new();
    for envelope in commits.iter().flat_map(|commit| &commit.publish) {
        entries.push(doc! {
            "_id": id(envelope.id),
            "by": id(tx.instance),
            "envelope": serde_json::to_string(envelope)?,
            "attempts": 0,
            "due_at": 0_i64,
            "committed_at": envelope.at.0,
        });
    }
    tx.publishes |= !entries.is_empty();
    tx.insert_many("outbox", entries).await
}

fn mark(consumed: Consumed) -> Document {
    doc! {
        "_id": {"consumer": consumed.consumer, "event": id(consumed.event)},
        "event": id(consumed.event),
    }
}

fn kept(answer: &StoredAnswer) -> Document {
    doc! {
        "_id": key(&answer.key.scope, &answer.key.key),
        "fingerprint": bytes(answer.key.fingerprint.as_bytes()),
        "body": &answer.body,
        "at": answer.at.0,
    }
}

/// Under what an answer is kept.
pub(super) fn key(scope: &str, key: &str) -> Document {
    doc! {"scope": scope, "key": key}
}

/// Refuses a request whose idempotency key has an answer already.
///
/// # Errors
/// `AlreadyAnswered`.
pub(super) async fn refuse_answered(
    tx: &mut Tx,
    of: Option<&IdempotencyKey>,
) -> Result<(), MongoError> {
    let Some(of) = of else { return Ok(()) };
    let found = tx
        .find_one("answers", doc! {"_id": key(&of.scope, &of.key)})
        .await?;
    match found {
        Some(_) => Err(StoreError::AlreadyAnswered.into()),
        None => Ok(()),
    }
}

/// Those of `keys` that have an answer, as (scope, key).
pub(super) async fn answered(
    tx: &mut Tx,
    keys: impl Iterator<Item = &IdempotencyKey>,
) -> Result<HashSet<(String, String)>, MongoError> {
    let keys: Vec<Bson> = keys.map(|of| key(&of.scope, &of.key).into()).collect();
    let found = found(tx, "answers", keys).await?;
    let pair = |id: Document| {
        let text = |name| id.get_str(name).unwrap_or_default().to_owned();
        (text("scope"), text("key"))
    };
    Ok(found.into_iter().map(pair).collect())
}

/// Those of `marks` that are set, as (consumer, event).
pub(super) async fn consumed(
    tx: &mut Tx,
    marks: impl Iterator<Item = Consumed>,
) -> Result<HashSet<(String, Uuid)>, MongoError> {
    let marks = marks.map(|of| Bson::from(doc! {"consumer": of.consumer, "event": id(of.event)}));
    let found = found(tx, "inbox", marks.collect()).await?;
    let pair = |id: Document| {
        let consumer = id.get_str("consumer").unwrap_or_default().to_owned();
        Ok((consumer, id_of(&id, "event")?))
    };
    found.into_iter().map(pair).collect()
}

/// Those of `ids` that `collection` has.
async fn found(tx: &mut Tx, collection: &str, ids: Vec<Bson>) -> Result<Vec<Document>, MongoError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let options = FindOptions::builder().projection(doc! {"_id": 1}).build();
    let filter = doc! {"_id": {"$in": ids}};
    let found = tx.find(collection, filter, options).await?;
    let ids = found.into_iter().map(|mut document| document.remove("_id"));
    Ok(ids
        .filter_map(|id| match id {
            Some(Bson::Document(id)) => Some(id),
            _ => None,
        })
        .collect())
}
