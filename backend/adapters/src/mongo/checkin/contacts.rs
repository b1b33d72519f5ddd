//! When devices last heard of an event's list.

use super::keys;
use super::read::{Held, Read, maybe, number, said, sorted, text};
use crate::mongo::db::MongoDb;
use crate::mongo::documents::{id, id_of};
use crate::mongo::error::MongoError;
use gateline_common::Timestamp;
use gateline_common::ids::{DeviceId, EventId, GateId};
use gateline_core::checkin::Device;
use gateline_core::checkin::exposure::Contact;
use mongodb::bson::{Bson, doc};
use std::collections::BTreeMap;

pub(super) async fn note(db: &MongoDb, contact: &Contact) -> Result<(), MongoError> {
    let mut news = doc! {
        "event": i64::from(contact.event.0),
        "device": id(contact.device.0),
        "at": contact.at.0,
        "open": text(&contact.open)?,
    };
    if let Some(gate) = contact.gate {
        news.insert("gate", i64::from(gate.0));
    }
    let earlier = doc! {
        "_id": keys::contact(contact.event, contact.device),
        "at": {"$lte": contact.at.0},
    };
    let contacts = db.collection("contacts");
    let change = doc! {"$set": news};
    let noted = contacts.update_one(earlier.clone(), change.clone());
    match noted.upsert(true).await.map_err(MongoError::from) {
        // There is one: a later one stays, one that came first meanwhile does not.
        Err(error) if error.is_duplicate() => {
            contacts.update_one(earlier, change).await?;
            Ok(())
        }
        other => other.map(drop),
    }
}

pub(super) async fn of_event(
    db: &MongoDb,
    event: EventId,
) -> Result<Vec<(Device, Contact)>, MongoError> {
    let of_event = doc! {"event": i64::from(event.0)};
    let mut held = Held(db);
    let noted = held.all("contacts", of_event, sorted(doc! {"_id": 1}));
    let noted = noted.await?;
    let ids: Result<Vec<Bson>, _> = noted
        .iter()
        .map(|contact| id_of(contact, "device").map(id))
        .collect();
    let known = doc! {"_id": {"$in": ids?}};
    let known = held.all("devices", known, sorted(doc! {"_id": 1}));
    let mut devices = BTreeMap::new();
    for found in known.await? {
        let device: Device = said(&found, "doc")?;
        devices.insert(device.device, device);
    }
    let mut contacts = Vec::with_capacity(noted.len());
    for found in &noted {
        let device = DeviceId(id_of(found, "device")?);
        let contact = Contact {
            device,
            event,
            at: Timestamp(number(found, "at")?),
            gate: maybe(found, "gate")?.map(GateId),
            open: said(found, "open")?,
        };
        let device = devices.get(&device).cloned();
        contacts.extend(device.map(|device| (device, contact)));
    }
    Ok(contacts)
}
