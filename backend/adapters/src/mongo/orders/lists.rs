//! Lists of orders, and what an event sells.

use super::{event_number, facts};
use crate::mongo::db::MongoDb;
use crate::mongo::documents::{id, number_of, state, written};
use crate::mongo::error::MongoError;
use crate::mongo::read::Held;
use crate::mongo::type_prices;
use gateline_common::ids::EventId;
use gateline_core::orders::{Offer, Order, OrderFilter, Sale, Stock};
use gateline_core::shared::{Page, PageRequest};
use mongodb::bson::{Document, doc};
use mongodb::options::FindOptions;
use uuid::Uuid;

pub(super) async fn list(
    db: &MongoDb,
    filter: OrderFilter<'_>,
    page: &PageRequest,
) -> Result<Page<Order>, MongoError> {
    let limit = page.clamped();
    let options = FindOptions::builder()
        .sort(doc! {"_id": -1})
        .limit(i64::from(limit) + 1)
        .build();
    let found = db.find("orders", wanted(filter, page)?, options).await?;
    let items: Result<Vec<Order>, _> = found.into_iter().map(state).collect();
    let mut items = items?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| more);
    let next = next.map(|order| order.id.to_string());
    Ok(Page { items, next })
}

fn wanted(filter: OrderFilter<'_>, page: &PageRequest) -> Result<Document, MongoError> {
    let mut wanted = Document::new();
    if let Some(buyer) = filter.buyer {
        wanted.insert("buyer", id(buyer.0));
    }
    if let Some(event) = filter.event {
        wanted.insert("event", event_number(event));
    }
    if let Some(status) = filter.status {
        wanted.insert("status", written(&status)?);
    }
    if let Some(code) = filter.code {
        wanted.insert("code", code.to_ascii_uppercase());
    }
    // An `after` that is no position of ours has nothing behind it.
    if let Some(after) = &page.after {
        let after = Uuid::parse_str(after).unwrap_or_default();
        wanted.insert("_id", doc! {"$lt": id(after)});
    }
    Ok(wanted)
}

pub(super) async fn sale(db: &MongoDb, event: EventId) -> Result<Option<Sale>, MongoError> {
    let found = db.find_one("events", doc! {"_id": event_number(event)});
    let Some(on_sale) = found.await?.and_then(facts::known) else {
        return Ok(None);
    };
    let options = FindOptions::builder().sort(doc! {"ticket_type": 1}).build();
    let filter = doc! {"event": event_number(event)};
    let prices = type_prices::of(&mut Held(db), &[event]).await?;
    let mut offers = Vec::new();
    for document in db.find("stock", filter, options).await? {
        let count = |name| {
            let count = u32::try_from(number_of(&document, name)?);
            count.map_err(|error| MongoError::Document(error.to_string()))
        };
        let stock = Stock {
            limit: count("limit")?,
            held: count("held")?,
            sold: count("sold")?,
        };
        let mut offer: Offer = state(document)?;
        let own = prices.iter().find(|it| it.ticket_type == offer.ticket_type);
        offer.own_price = own.and_then(|own| own.price);
        if !offer.deleted {
            offers.push((offer, stock));
        }
    }
    Ok(Some(Sale {
        event: on_sale?,
        offers,
    }))
}
