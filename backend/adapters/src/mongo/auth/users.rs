//! Documents of users.

use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{id, number, state, written};
use crate::mongo::error::{MongoError, hit, on_duplicate};
use crate::mongo::search::containing;
use gateline_core::auth::{User, UserFilter};
use gateline_core::shared::{Page, PageRequest};
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;

/// Has another user the address? If one takes it meanwhile, the unique index
/// refuses what follows, and it is asked again.
pub(super) async fn email_taken(tx: &mut Tx, user: &User) -> Result<bool, MongoError> {
    let another = doc! {"email": user.email.as_str(), "_id": {"$ne": id(user.id.0)}};
    Ok(tx.find_one("users", another).await?.is_some())
}

pub(super) async fn insert(tx: &mut Tx, user: &User) -> Result<(), MongoError> {
    let mut document = fields(user)?;
    document.insert("_id", id(user.id.0));
    on_duplicate(tx.insert("users", document).await, MongoError::Again)
}

pub(super) async fn update(tx: &mut Tx, user: &User) -> Result<(), MongoError> {
    let before = doc! {"_id": id(user.id.0), "version": number(user.version - 1)};
    let updated = tx
        .update("users", before, doc! {"$set": fields(user)?})
        .await;
    hit(on_duplicate(updated, MongoError::Again)?)
}

fn fields(user: &User) -> Result<Document, MongoError> {
    Ok(doc! {
        "version": number(user.version),
        "email": user.email.as_str(),
        "search": format!("{} {}", user.email, user.name).to_lowercase(),
        "doc": written(user)?,
    })
}

pub(super) async fn one(db: &MongoDb, filter: Document) -> Result<Option<User>, MongoError> {
    db.find_one("users", filter).await?.map(state).transpose()
}

pub(super) async fn list(
    db: &MongoDb,
    filter: Document,
    options: FindOptions,
) -> Result<Vec<User>, MongoError> {
    let found = db.find("users", filter, options).await?;
    found.into_iter().map(state).collect()
}

pub(super) async fn page(
    db: &MongoDb,
    filter: &UserFilter,
    page: &PageRequest,
) -> Result<Page<User>, MongoError> {
    let after = page.after.as_deref().unwrap_or_default();
    let mut wanted = doc! {"email": {"$gt": after}};
    let text = filter.text.as_deref().unwrap_or_default().to_lowercase();
    if !text.is_empty() {
        wanted.insert("search", containing(&text));
    }
    let limit = page.clamped();
    let options = FindOptions::builder()
        .sort(doc! {"email": 1})
        .limit(i64::from(limit) + 1)
        .build();
    let mut items = list(db, wanted, options).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| more);
    let next = last.map(|user| user.email.to_string());
    Ok(Page { items, next })
}
