//! Devices, with how far their logs are held, and enrolment codes.

use super::organizations;
use super::read::{Read, number, plain, said, sorted, text};
use crate::mongo::commit;
use crate::mongo::db::Tx;
use crate::mongo::documents::{bytes, id, id_of};
use crate::mongo::error::MongoError;
use gateline_common::ids::{DeviceId, EventId, OrgId, UserId};
use gateline_common::{Hash, Timestamp};
use gateline_core::checkin::log::LogHead;
use gateline_core::checkin::ports::ManifestBump;
use gateline_core::checkin::{Device, Enrolment};
use gateline_core::shared::{Commit, StoreError};
use mongodb::bson::{Document, doc};

pub(super) fn code(code: &Enrolment) -> Document {
    doc! {
        "_id": bytes(code.secret.as_bytes()),
        "org": id(code.org.0),
        "name": &code.name,
        "made_by": id(code.made_by.0),
        "expires_at": code.expires_at.0,
    }
}

pub(super) async fn enrolment(
    read: &mut impl Read,
    secret: Hash,
) -> Result<Option<Enrolment>, MongoError> {
    let known = doc! {"_id": bytes(secret.as_bytes())};
    let Some(found) = read.one("enrolments", known).await? else {
        return Ok(None);
    };
    Ok(Some(Enrolment {
        secret,
        org: OrgId(id_of(&found, "org")?),
        name: plain(&found, "name")?,
        made_by: UserId(id_of(&found, "made_by")?),
        expires_at: Timestamp(number(&found, "expires_at")?),
    }))
}

pub(super) async fn enrol(
    tx: &mut Tx,
    secret: Hash,
    device: &Device,
    bump: ManifestBump,
    commit: &Commit,
) -> Result<(), MongoError> {
    commit::apply(tx, commit).await?;
    let code = doc! {"_id": bytes(secret.as_bytes())};
    if tx.delete("enrolments", code).await? == 0 {
        return Err(StoreError::Conflict.into());
    }
    let document = doc! {
        "_id": id(device.device.0),
        "org": id(device.org.0),
        "credential": bytes(device.credential.as_bytes()),
        "doc": text(device)?,
        "unbroken": 0_i64,
        "highest": 0_i64,
        "last_scan": 0_i64,
        "log_version": 0_i64,
        "events": [],
    };
    tx.insert("devices", document).await?;
    organizations::bump(tx, bump).await
}

pub(super) async fn save(
    tx: &mut Tx,
    device: &Device,
    bump: ManifestBump,
) -> Result<(), MongoError> {
    let known = doc! {"_id": id(device.device.0)};
    if let Some(found) = tx.find_one("devices", known.clone()).await? {
        let held: Device = said(&found, "doc")?;
        let document = text(&device.saved_over(&held))?;
        let change = doc! {"$set": {"doc": document}};
        tx.update("devices", known, change).await?;
    }
    organizations::bump(tx, bump).await
}

pub(super) async fn one(
    read: &mut impl Read,
    filter: Document,
) -> Result<Option<Device>, MongoError> {
    let found = read.one("devices", filter).await?;
    found.map(|found| said(&found, "doc")).transpose()
}

pub(super) async fn of_org(
    read: &mut impl Read,
    org: OrgId,
) -> Result<Vec<(Device, LogHead)>, MongoError> {
    with_heads(read, doc! {"org": id(org.0)}).await
}

/// The devices that sent a scan of the event.
pub(super) async fn of_event(
    read: &mut impl Read,
    event: EventId,
) -> Result<Vec<(Device, LogHead)>, MongoError> {
    with_heads(read, doc! {"events": i64::from(event.0)}).await
}

async fn with_heads(
    read: &mut impl Read,
    filter: Document,
) -> Result<Vec<(Device, LogHead)>, MongoError> {
    let found = read.all("devices", filter, sorted(doc! {"_id": 1}));
    let found = found.await?;
    let all = found
        .iter()
        .map(|found| Ok((said(found, "doc")?, head_in(found)?)));
    all.collect()
}

pub(super) async fn head(read: &mut impl Read, device: DeviceId) -> Result<LogHead, MongoError> {
    let found = read.one("devices", doc! {"_id": id(device.0)}).await?;
    found.map_or(Ok(LogHead::default()), |found| head_in(&found))
}

fn head_in(found: &Document) -> Result<LogHead, MongoError> {
    Ok(LogHead {
        unbroken: number(found, "unbroken")?,
        highest: number(found, "highest")?,
        last_scan: number(found, "last_scan")?,
        version: number(found, "log_version")?,
    })
}
