//! Documents that only a newer version replaces: copies of what other services
//! own, whose news come in any order.

use super::db::Tx;
use super::documents::{number, number_of};
use super::error::{MongoError, on_duplicate};
use mongodb::bson::{Bson, Document, doc};

/// That a newer version was stored, and the document that it replaced, if there
/// was one.
pub(super) struct Replaced(pub(super) Option<Document>);

/// Stores `fields` as the document `id` at `version`; `None`: what is there is as
/// new, and stays.
pub(super) async fn keep(
    tx: &mut Tx,
    collection: &str,
    id: Bson,
    version: u64,
    mut fields: Document,
) -> Result<Option<Replaced>, MongoError> {
    fields.insert("version", number(version));
    let Some(known) = tx.find_one(collection, doc! {"_id": id.clone()}).await? else {
        fields.insert("_id", id);
        on_duplicate(tx.insert(collection, fields).await, MongoError::Again)?;
        return Ok(Some(Replaced(None)));
    };
    let read = number_of(&known, "version")?;
    if u64::try_from(read).is_ok_and(|read| read >= version) {
        return Ok(None);
    }
    let before = doc! {"_id": id, "version": read};
    match tx.update(collection, before, doc! {"$set": fields}).await? {
        0 => Err(MongoError::Again),
        _ => Ok(Some(Replaced(Some(known)))),
    }
}
