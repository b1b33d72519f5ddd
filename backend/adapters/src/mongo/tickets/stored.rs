//! Documents of tickets and of paid orders.

use super::{position, status};
use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{id, number, state, written};
use crate::mongo::error::{MongoError, hit, on_duplicate};
use crate::mongo::migrations::{self, Step};
use gateline_common::ids::{EventId, OrderId, Serial};
use gateline_core::shared::StoreError;
use gateline_core::tickets::{OrderNote, Ticket};
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;

/// Only the account was ever asked for again.
pub(super) const ORDERS_BY_THE_ACCOUNT_ALONE: Step = Step {
    name: "names and addresses leave what tickets knows of orders",
    run: |db| Box::pin(migrations::nameless_buyers(db)),
};

/// The tickets of an order, which has none yet.
pub(super) async fn insert(tx: &mut Tx, tickets: &[Ticket]) -> Result<(), MongoError> {
    let mut documents = Vec::with_capacity(tickets.len());
    for (place, ticket) in (0_i64..).zip(tickets) {
        let mut document = fields(ticket)?;
        document.extend(doc! {
            "event": i64::from(ticket.event.0),
            "serial": position(ticket.serial)?,
            "place": place,
            "org": id(ticket.org.0),
            "order": id(ticket.order.0),
            "issued_at": ticket.issued_at.0,
        });
        documents.push(document);
    }
    let inserted = tx.insert_many("tickets", documents).await;
    on_duplicate(inserted, StoreError::Conflict.into())
}

pub(super) async fn update(tx: &mut Tx, ticket: &Ticket, read: u64) -> Result<(), MongoError> {
    let mut before = at(ticket.event, ticket.serial)?;
    before.insert("version", number(read));
    let change = doc! {"$set": fields(ticket)?};
    hit(tx.update("tickets", before, change).await?)
}

/// Tickets that are each raised by one version.
pub(super) async fn update_all(tx: &mut Tx, tickets: &[Ticket]) -> Result<(), MongoError> {
    for ticket in tickets {
        update(tx, ticket, ticket.version - 1).await?;
    }
    Ok(())
}

fn at(event: EventId, serial: Serial) -> Result<Document, MongoError> {
    Ok(doc! {"event": i64::from(event.0), "serial": position(serial)?})
}

/// What changes.
pub(super) fn fields(ticket: &Ticket) -> Result<Document, MongoError> {
    Ok(doc! {
        "owner": id(ticket.owner.0),
        "status": status(ticket.status),
        "search": search_text(ticket),
        "version": number(ticket.version),
        "doc": written(ticket)?,
    })
}

fn search_text(ticket: &Ticket) -> String {
    let name = ticket.attendee_name.as_deref().unwrap_or_default();
    let parts = [
        &ticket.serial.to_string(),
        &ticket.order_code,
        name,
        &ticket.owner_email,
    ];
    parts.join("\n").to_lowercase()
}

pub(super) async fn one(
    db: &MongoDb,
    event: EventId,
    serial: Serial,
) -> Result<Option<Ticket>, MongoError> {
    let found = db.find_one("tickets", at(event, serial)?).await?;
    found.map(state).transpose()
}

pub(super) async fn list(
    db: &MongoDb,
    filter: Document,
    options: FindOptions,
) -> Result<Vec<Ticket>, MongoError> {
    let found = db.find("tickets", filter, options).await?;
    found.into_iter().map(state).collect()
}

/// An order that is there by now is `meant` as an error.
pub(super) async fn insert_order(
    tx: &mut Tx,
    order: &OrderNote,
    meant: MongoError,
) -> Result<(), MongoError> {
    let document = doc! {"_id": id(order.order.0), "doc": written(order)?};
    on_duplicate(tx.insert("orders", document).await, meant)
}

pub(super) async fn update_order(tx: &mut Tx, order: &OrderNote) -> Result<(), MongoError> {
    let change = doc! {"$set": {"doc": written(order)?}};
    hit(tx.update("orders", of(order.order), change).await?)
}

pub(super) async fn is_known(tx: &mut Tx, order: OrderId) -> Result<bool, MongoError> {
    Ok(tx.find_one("orders", of(order)).await?.is_some())
}

fn of(order: OrderId) -> Document {
    doc! {"_id": id(order.0)}
}
