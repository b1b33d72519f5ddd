//! Writes a `Commit` inside the transaction of a state change.

use super::db::Tx;
use super::documents::{bytes, id};
use super::error::{MongoError, on_duplicate};
use gateline_core::shared::{Commit, Consumed, IdempotencyKey, StoreError, StoredAnswer};
use mongodb::bson::{Document, doc};

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
    let mut entries = Vec::with_capacity(commit.publish.len());
    for envelope in &commit.publish {
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
