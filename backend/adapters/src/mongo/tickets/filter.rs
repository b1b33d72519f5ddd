//! The query behind lists of tickets.

use super::status;
use crate::mongo::documents::id;
use crate::mongo::error::MongoError;
use crate::mongo::search::containing;
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, Serial};
use gateline_core::tickets::TicketFilter;
use mongodb::bson::{Document, doc};

pub(super) fn query(
    filter: &TicketFilter,
    after: Option<(Timestamp, EventId, Serial)>,
) -> Result<Document, MongoError> {
    let mut query = Document::new();
    if let Some(owner) = filter.owner {
        query.insert("owner", id(owner.0));
    }
    if let Some(org) = filter.org {
        query.insert("org", id(org.0));
    }
    if let Some(order) = filter.order {
        query.insert("order", id(order.0));
    }
    if let Some(event) = filter.event {
        query.insert("event", i64::from(event.0));
    }
    if let Some(wanted) = filter.status {
        query.insert("status", status(wanted));
    }
    if let Some(text) = &filter.text {
        query.insert("search", containing(text));
    }
    if let Some((at, event, serial)) = after {
        let (at, event) = (at.0, i64::from(event.0));
        query.insert("issued_at", doc! {"$lte": at});
        let before = vec![
            doc! {"issued_at": {"$lt": at}},
            doc! {"event": {"$lt": event}},
            doc! {"event": event, "serial": {"$lt": super::position(serial)?}},
        ];
        query.insert("$or", before);
    }
    Ok(query)
}
