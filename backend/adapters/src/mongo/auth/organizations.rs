//! Documents of organizations. Their ids are time-ordered.

use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{id, number, state, written};
use crate::mongo::error::{MongoError, hit};
use gateline_common::ids::OrgId;
use gateline_core::auth::Organization;
use gateline_core::shared::{Page, PageRequest};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;
use uuid::Uuid;

pub(super) async fn insert(tx: &mut Tx, organization: &Organization) -> Result<(), MongoError> {
    let mut document = fields(organization)?;
    document.insert("_id", id(organization.id.0));
    tx.insert("organizations", document).await
}

pub(super) async fn update(tx: &mut Tx, organization: &Organization) -> Result<(), MongoError> {
    let before = doc! {
        "_id": id(organization.id.0),
        "version": number(organization.version - 1),
    };
    let change = doc! {"$set": fields(organization)?};
    hit(tx.update("organizations", before, change).await?)
}

fn fields(organization: &Organization) -> Result<Document, MongoError> {
    Ok(doc! {
        "version": number(organization.version),
        "doc": written(organization)?,
    })
}

pub(super) async fn one(db: &MongoDb, org: OrgId) -> Result<Option<Organization>, MongoError> {
    let found = db
        .find_one("organizations", doc! {"_id": id(org.0)})
        .await?;
    found.map(state).transpose()
}

pub(super) async fn page(
    db: &MongoDb,
    only: Option<&[OrgId]>,
    page: &PageRequest,
) -> Result<Page<Organization>, MongoError> {
    let mut wanted = Document::new();
    if let Some(after) = &page.after {
        // An `after` that is no position of ours has nothing behind it.
        let after = Uuid::parse_str(after).unwrap_or(Uuid::max());
        wanted.insert("_id", doc! {"$gt": id(after)});
    }
    if let Some(only) = only {
        let only: Vec<Bson> = only.iter().map(|org| id(org.0)).collect();
        wanted = doc! {"$and": [wanted, {"_id": {"$in": only}}]};
    }
    let limit = page.clamped();
    let options = FindOptions::builder()
        .sort(doc! {"_id": 1})
        .limit(i64::from(limit) + 1)
        .build();
    let found = db.find("organizations", wanted, options).await?;
    let items: Result<Vec<Organization>, _> = found.into_iter().map(state).collect();
    let mut items = items?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let last = items.last().filter(|_| more);
    let next = last.map(|organization| organization.id.0.to_string());
    Ok(Page { items, next })
}
