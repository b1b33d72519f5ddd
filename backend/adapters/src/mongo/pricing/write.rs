//! Deciding about prices and storing them, in one transaction.

use crate::mongo::commit;
use crate::mongo::db::{MongoDb, Tx};
use crate::mongo::documents::{id, number, state, written};
use crate::mongo::error::{MongoError, hit, on_duplicate};
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::pricing::{
    Change, EventCopy, Moved, Priced, PricingError, Seen, Standing, Wish,
};
use gateline_core::shared::StoreError;
use mongodb::bson::{Bson, Document, doc};
use mongodb::options::FindOptions;

/// What the domain says; the outer error is the store's.
type Decided<T> = Result<Result<T, PricingError>, StoreError>;

/// The fields of a ticket type, as `types` and `history` have them.
pub(super) fn of(event: EventId, ticket_type: TicketTypeId) -> Document {
    doc! {"event": i64::from(event.0), "ticket_type": i64::from(ticket_type.0)}
}

fn event_key(event: EventId) -> Document {
    doc! {"_id": i64::from(event.0)}
}

fn type_key(event: EventId, ticket_type: TicketTypeId) -> Document {
    doc! {"_id": of(event, ticket_type)}
}

fn seen(
    (event, ticket_type): (EventId, TicketTypeId),
    priced: Option<Document>,
    copy: Option<Document>,
) -> Result<Seen, MongoError> {
    let priced = priced.map(state::<Priced>).transpose()?;
    Ok(Seen {
        priced: priced.unwrap_or_else(|| Priced::unknown(event, ticket_type)),
        event: copy.map(state).transpose()?,
        moved: Moved::default(),
    })
}

pub(super) async fn find(
    db: &MongoDb,
    event: EventId,
    ticket_type: TicketTypeId,
) -> Result<Option<Seen>, MongoError> {
    let priced = db.find_one("types", type_key(event, ticket_type)).await?;
    if priced.is_none() {
        return Ok(None);
    }
    let copy = db.find_one("events", event_key(event)).await?;
    seen((event, ticket_type), priced, copy).map(Some)
}

async fn look(tx: &mut Tx, event: EventId, ticket_type: TicketTypeId) -> Result<Seen, MongoError> {
    let priced = tx.find_one("types", type_key(event, ticket_type)).await?;
    let copy = tx.find_one("events", event_key(event)).await?;
    seen((event, ticket_type), priced, copy)
}

pub(super) async fn change(
    db: &MongoDb,
    event: EventId,
    ticket_type: TicketTypeId,
    wish: &Wish,
) -> Decided<Seen> {
    transact!(db, |tx| {
        let mut seen = look(&mut tx, event, ticket_type).await?;
        match (wish.decide)(&seen) {
            Ok(change) => {
                let changes: Vec<Change> = change.into_iter().collect();
                store(&mut tx, &changes, wish).await?;
                if let Some(change) = changes.into_iter().next() {
                    seen.priced = change.priced;
                }
                Ok(Ok(seen))
            }
            Err(error) => Ok(Err(error)),
        }
    })
}

pub(super) async fn learn_event(db: &MongoDb, copy: &EventCopy, wish: &Wish) -> Decided<()> {
    transact!(db, |tx| {
        let key = event_key(copy.event);
        let known = tx.find_one("events", key.clone()).await?;
        let known: Option<EventCopy> = known.map(state).transpose()?;
        let is_newer = known.is_none_or(|known| known.version < copy.version);
        let mut all = Vec::new();
        if is_newer {
            let types = doc! {"event": i64::from(copy.event.0)};
            let options = FindOptions::builder().sort(doc! {"ticket_type": 1}).build();
            for document in tx.find("types", types, options).await? {
                all.push(Seen {
                    priced: state(document)?,
                    event: Some(copy.clone()),
                    moved: Moved::default(),
                });
            }
        }
        let changes = match decided(&all, wish) {
            Ok(changes) => changes,
            Err(error) => return Ok(Err(error)),
        };
        store(&mut tx, &changes, wish).await?;
        if is_newer {
            keep(&mut tx, "events", key, copy.version, written(copy)?).await?;
        }
        Ok(Ok(()))
    })
}

pub(super) async fn note_order(db: &MongoDb, order: &Standing, wish: &Wish) -> Decided<()> {
    transact!(db, |tx| {
        let key = doc! {"_id": id(order.order.0)};
        let known = tx.find_one("orders", key.clone()).await?;
        let known: Option<Standing> = known.map(state).transpose()?;
        let mut all = Vec::new();
        for (ticket_type, moved) in order.moves(known.as_ref()) {
            let seen = look(&mut tx, order.event, ticket_type).await?;
            all.push(Seen { moved, ..seen });
        }
        let changes = match decided(&all, wish) {
            Ok(changes) => changes,
            Err(error) => return Ok(Err(error)),
        };
        store(&mut tx, &changes, wish).await?;
        if known.is_none_or(|known| known.version < order.version) {
            keep(&mut tx, "orders", key, order.version, written(order)?).await?;
        }
        Ok(Ok(()))
    })
}

fn decided(all: &[Seen], wish: &Wish) -> Result<Vec<Change>, PricingError> {
    let mut changes = Vec::new();
    for seen in all {
        changes.extend((wish.decide)(seen)?);
    }
    Ok(changes)
}

/// A copy of what another service told. Who is there first at the same moment is
/// read anew.
async fn keep(
    tx: &mut Tx,
    collection: &str,
    key: Document,
    version: u64,
    copy: Bson,
) -> Result<(), MongoError> {
    let update = doc! {"$set": {"version": number(version), "doc": copy}};
    on_duplicate(tx.upsert(collection, key, update).await, MongoError::Again)
}

async fn store(tx: &mut Tx, changes: &[Change], wish: &Wish) -> Result<(), MongoError> {
    commit::apply(tx, &wish.commit(changes)).await?;
    for change in changes {
        let priced = &change.priced;
        write(tx, priced).await?;
        if let Some(entry) = &change.entry {
            let mut document = of(priced.event, priced.ticket_type);
            document.insert("version", number(entry.version));
            document.insert("doc", written(entry)?);
            on_duplicate(tx.insert("history", document).await, MongoError::Again)?;
        }
    }
    Ok(())
}

/// Stores a pricing that was read one version before.
async fn write(tx: &mut Tx, priced: &Priced) -> Result<(), MongoError> {
    let mut document = of(priced.event, priced.ticket_type);
    document.insert("version", number(priced.version));
    document.insert("look_at", priced.look_at.map(|at| at.0));
    document.insert("doc", written(priced)?);
    let mut key = type_key(priced.event, priced.ticket_type);
    if priced.version == 1 {
        document.extend(key);
        return on_duplicate(tx.insert("types", document).await, MongoError::Again);
    }
    key.insert("version", number(priced.version - 1));
    hit(tx.update("types", key, doc! {"$set": document}).await?)
}
