//! Organizations: name, sealed root key and the manifest's version.

use super::read::{Read, binary, number, plain};
use crate::mongo::commit;
use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{bytes, id, id_of, number as written};
use crate::mongo::error::{MongoError, on_duplicate};
use crate::seal::{Belongs, StoreKeys};
use gateline_common::Timestamp;
use gateline_common::ids::OrgId;
use gateline_core::checkin::Organization;
use gateline_core::checkin::ports::ManifestBump;
use gateline_core::shared::{Commit, StoreError};
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;

/// A sealed seed was changed by somebody else so often, and is given up.
const MOST_TRIES: usize = 16;

pub(super) async fn one(
    read: &mut impl Read,
    org: OrgId,
    seals: &StoreKeys,
) -> Result<Option<Organization>, MongoError> {
    let found = read.one("organizations", doc! {"_id": id(org.0)}).await?;
    let Some(found) = found else { return Ok(None) };
    Ok(Some(Organization {
        org,
        name: plain(&found, "name")?,
        name_version: number(&found, "name_version")?,
        root_seed: opened(org, &found, seals)?,
        manifest_version: number(&found, "manifest_version")?,
        manifest_at: Timestamp(number(&found, "manifest_at")?),
    }))
}

fn opened(org: OrgId, found: &Document, seals: &StoreKeys) -> Result<[u8; 32], MongoError> {
    let sealed = binary(found, "root_seed")?;
    seals.open(Belongs::RootKey(org), sealed).map_err(failed)
}

fn sealed(org: OrgId, seed: &[u8; 32], seals: &StoreKeys) -> Result<Bson, MongoError> {
    let sealed = seals.seal(Belongs::RootKey(org), seed).map_err(failed)?;
    Ok(bytes(&sealed))
}

fn failed(error: impl ToString) -> MongoError {
    StoreError::Failed(error.to_string()).into()
}

/// Seals every root key's seed with the newest key, beside instances that serve.
/// Says how many there are.
///
/// # Errors
/// A seed that none of the keys opens; failures of the store.
pub async fn reseal(db: &MongoDb, seals: &StoreKeys) -> Result<usize, StoreError> {
    let options = FindOptions::builder().projection(doc! {"_id": 1}).build();
    let all = db.find("organizations", doc! {}, options).await?;
    for found in &all {
        let org = OrgId(id_of(found, "_id")?);
        let mut left = MOST_TRIES;
        while !reseal_one(db, org, seals).await? {
            left -= 1;
            if left == 0 {
                return Err(StoreError::Conflict);
            }
        }
    }
    Ok(all.len())
}

/// False: somebody else sealed it meanwhile.
async fn reseal_one(db: &MongoDb, org: OrgId, seals: &StoreKeys) -> Result<bool, MongoError> {
    let known = doc! {"_id": id(org.0)};
    let Some(found) = db.find_one("organizations", known).await? else {
        return Ok(true);
    };
    let seed = opened(org, &found, seals)?;
    let before = doc! {"_id": id(org.0), "root_seed": bytes(binary(&found, "root_seed")?)};
    let anew = doc! {"$set": {"root_seed": sealed(org, &seed, seals)?}};
    let organizations = db.collection("organizations");
    let changed = organizations.update_one(before, anew).await?;
    Ok(changed.matched_count == 1)
}

pub(super) async fn add(
    tx: &mut Tx,
    org: &Organization,
    seals: &StoreKeys,
) -> Result<Organization, MongoError> {
    if let Some(there) = one(tx, org.org, seals).await? {
        return Ok(there);
    }
    let document = doc! {
        "_id": id(org.org.0),
        "name": &org.name,
        "name_version": written(org.name_version),
        "root_seed": sealed(org.org, &org.root_seed, seals)?,
        "manifest_version": written(org.manifest_version),
        "manifest_at": org.manifest_at.0,
    };
    let added = tx.insert("organizations", document).await;
    on_duplicate(added, MongoError::Again)?;
    Ok(org.clone())
}

pub(super) async fn name(
    tx: &mut Tx,
    org: OrgId,
    version: u64,
    name: &str,
    at: Timestamp,
    commit: &Commit,
) -> Result<(), MongoError> {
    commit::apply(tx, commit).await?;
    let older = doc! {"_id": id(org.0), "name_version": {"$lt": written(version)}};
    let mut change = rise(at);
    change.insert(
        "$set",
        doc! {"name": name, "name_version": written(version)},
    );
    tx.update("organizations", older, change).await?;
    Ok(())
}

/// Raises the manifest's version; its time never goes back.
pub(super) async fn bump(tx: &mut Tx, bump: ManifestBump) -> Result<(), MongoError> {
    let known = doc! {"_id": id(bump.org.0)};
    tx.update("organizations", known, rise(bump.at)).await?;
    Ok(())
}

fn rise(at: Timestamp) -> Document {
    doc! {"$inc": {"manifest_version": 1_i64}, "$max": {"manifest_at": at.0}}
}
