//! A gate that many pass at a time, and that somebody may close.
//!
//! In MongoDB two transactions that read the same and write different documents do
//! not meet: one may sell a ticket while the other deletes its event, each as if it
//! were the first. They do meet where both write one document. Were that a single
//! one, all who sell would wait for each other; so it is several: who passes
//! touches one of them, who closes touches all.

use super::db::Tx;
use super::error::{MongoError, on_duplicate};
use gateline_common::ids::EventId;
use mongodb::bson::{Document, doc};
use uuid::Uuid;

const STRIPES: u8 = 16;

/// Passes the event's gate, always by the same stripe for the same `by`, and adds
/// `counts` to the counters there. To be called late in a transaction: others that
/// come by the same stripe meanwhile begin anew.
pub(super) async fn pass(
    tx: &mut Tx,
    collection: &str,
    event: EventId,
    by: Uuid,
    counts: Document,
) -> Result<(), MongoError> {
    // The last byte is drawn at random.
    let stripe = by.as_bytes()[15] % STRIPES;
    touch(tx, collection, event, stripe, counts).await
}

/// Meets everybody who passes meanwhile: either they are the first, and this
/// transaction begins anew and sees what they did, or the other way round.
pub(super) async fn close(tx: &mut Tx, collection: &str, event: EventId) -> Result<(), MongoError> {
    for stripe in 0..STRIPES {
        touch(tx, collection, event, stripe, Document::new()).await?;
    }
    Ok(())
}

async fn touch(
    tx: &mut Tx,
    collection: &str,
    event: EventId,
    stripe: u8,
    mut counts: Document,
) -> Result<(), MongoError> {
    let event = i64::from(event.0);
    let id = doc! {"_id": {"event": event, "stripe": i32::from(stripe)}};
    counts.insert("touched", 1_i64);
    let change = doc! {"$inc": counts, "$setOnInsert": {"event": event}};
    on_duplicate(tx.upsert(collection, id, change).await, MongoError::Again)
}
