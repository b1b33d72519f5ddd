//! The test gateway's books. What went back of a charge is summed in the charge,
//! so that two refunds of one charge write the same document.

use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{field, id, number_of, state, written};
use crate::mongo::error::{MongoError, on_duplicate};
use crate::mongo::schema::{Index, Kept};
use crate::payment::{Books, DueWebhook, Entry, State, Webhook, refusal};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::RefundRequest;
use gateline_core::shared::StoreError;
use mongodb::bson::oid::ObjectId;
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;

pub(super) const CHARGES: Kept = Kept {
    name: "test_charges",
    indexes: &[Index::unique(&["key", "nth"]), Index::of(&["order"])],
};
pub(super) const REFUNDS: Kept = Kept {
    name: "test_refunds",
    indexes: &[],
};
pub(super) const NOTICES: Kept = Kept {
    name: "test_notices",
    indexes: &[Index::of(&["due_at"])],
};

/// The test gateway's books in the database of payments.
pub struct MongoTestBooks(pub MongoDb);

#[async_trait]
impl Books for MongoTestBooks {
    async fn enter(
        &self,
        order: OrderId,
        entries: &[Entry],
        webhooks: &[Webhook],
    ) -> Result<Option<Entry>, StoreError> {
        transact!(self.0, |tx| {
            for entry in entries {
                if let Some(known) = tx.find_one("test_charges", first_of(entry.key)).await? {
                    return state(known).map(Some);
                }
            }
            let mut charges = Vec::new();
            for (nth, entry) in (0_i64..).zip(entries) {
                charges.push(doc! {
                    "_id": &entry.reference,
                    "key": id(entry.key.0),
                    "nth": nth,
                    "order": id(order.0),
                    "refunded": 0_i64,
                    "doc": written(entry)?,
                });
            }
            let entered = tx.insert_many("test_charges", charges).await;
            on_duplicate(entered, MongoError::Again)?;
            let webhooks = webhooks.iter().map(|webhook| {
                doc! {"due_at": webhook.due_at.0, "attempts": 0_i64, "body": &webhook.body}
            });
            tx.insert_many("test_notices", webhooks.collect()).await?;
            Ok(None)
        })
    }

    async fn find(&self, key: PaymentId) -> Result<Option<Entry>, StoreError> {
        let found = self.0.find_one("test_charges", first_of(key)).await?;
        Ok(found.map(state).transpose()?)
    }

    async fn give_up(&self, key: PaymentId) -> Result<Option<Entry>, StoreError> {
        transact!(self.0, |tx| {
            let Some(found) = tx.find_one("test_charges", first_of(key)).await? else {
                return Ok(None);
            };
            let mut entry: Entry = state(found)?;
            if entry.state == State::Open {
                entry.state = State::GivenUp;
                let change = doc! {"$set": {"doc": written(&entry)?}};
                tx.update("test_charges", first_of(key), change).await?;
            }
            Ok(Some(entry))
        })
    }

    async fn refund(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<Option<&'static str>, StoreError> {
        transact!(self.0, |tx| { refund(&mut tx, request, now).await })
    }

    async fn of_order(&self, order: OrderId) -> Result<Vec<(Entry, i64)>, StoreError> {
        let filter = doc! {"order": id(order.0)};
        let found = self.0.find("test_charges", filter, FindOptions::default());
        let charges = found.await?.into_iter().map(charge);
        Ok(charges.collect::<Result<_, _>>()?)
    }

    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<DueWebhook>, StoreError> {
        let options = FindOptions::builder()
            .sort(doc! {"due_at": 1})
            .limit(i64::from(limit))
            .build();
        let filter = doc! {"due_at": {"$lte": now.0}};
        let found = self.0.find("test_notices", filter, options).await?;
        Ok(found.into_iter().map(due).collect::<Result<_, _>>()?)
    }

    async fn next(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(super::due::first(&self.0, "test_notices", "due_at").await?)
    }

    async fn sent(&self, id: &str, again_at: Option<Timestamp>) -> Result<(), StoreError> {
        let id = ObjectId::parse_str(id)
            .map_err(|_| StoreError::Failed(format!("{id} is no webhook")))?;
        let notices = self.0.collection("test_notices");
        let done = match again_at {
            None => notices.delete_one(doc! {"_id": id}).await.map(drop),
            Some(at) => {
                let again = doc! {"$inc": {"attempts": 1_i64}, "$set": {"due_at": at.0}};
                notices.update_one(doc! {"_id": id}, again).await.map(drop)
            }
        };
        Ok(done.map_err(MongoError::from)?)
    }
}

fn first_of(key: PaymentId) -> Document {
    doc! {"key": id(key.0), "nth": 0_i64}
}

fn charge(document: Document) -> Result<(Entry, i64), MongoError> {
    let refunded = number_of(&document, "refunded")?;
    Ok((state(document)?, refunded))
}

fn due(document: Document) -> Result<DueWebhook, MongoError> {
    let id = document.get_object_id("_id");
    let id = id.map_err(|error| MongoError::Document(error.to_string()))?;
    let attempts = number_of(&document, "attempts")?;
    Ok(DueWebhook {
        id: id.to_hex(),
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        body: field(document, "body")?,
    })
}

async fn refund(
    tx: &mut Tx,
    request: &RefundRequest,
    now: Timestamp,
) -> Result<Option<&'static str>, MongoError> {
    let key = id(request.key.0);
    let known = tx.find_one("test_refunds", doc! {"_id": key.clone()});
    if known.await?.is_some() {
        return Ok(None);
    }
    let reference = doc! {"_id": &request.reference};
    let found = tx.find_one("test_charges", reference.clone()).await?;
    let found = found.map(charge).transpose()?;
    let of = found.as_ref().map(|(entry, refunded)| (entry, *refunded));
    let refused = refusal(of, request, now);
    if refused.is_none() {
        let back = doc! {"$inc": {"refunded": request.amount.minor}};
        tx.update("test_charges", reference, back).await?;
        let kept =
            doc! {"_id": key, "reference": &request.reference, "minor": request.amount.minor};
        on_duplicate(tx.insert("test_refunds", kept).await, MongoError::Again)?;
    }
    Ok(refused)
}
