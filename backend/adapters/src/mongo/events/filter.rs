//! The query behind browsing.

use super::status;
use crate::mongo::documents::id;
use crate::mongo::search::containing;
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::ids::EventId;
use gateline_core::events::EventFilter;
use mongodb::bson::{Document, doc};

pub(super) fn query(filter: &EventFilter, after: Option<(Timestamp, EventId)>) -> Document {
    let mut all = vec![doc! {"status": {"$ne": status(EventStatus::Deleted)}}];
    if !filter.statuses.is_empty() {
        let wanted: Vec<&str> = filter.statuses.iter().map(|s| status(*s)).collect();
        all.push(doc! {"status": {"$in": wanted}});
    }
    for word in &filter.words {
        all.push(doc! {"search": containing(word)});
    }
    if let Some(category) = filter.category {
        all.push(doc! {"category": category.as_str()});
    }
    if let Some(org) = filter.org {
        all.push(doc! {"org": id(org.0)});
    }
    if let Some(at) = filter.ends_after {
        all.push(doc! {"ends_at": {"$gt": at.0}});
    }
    if let Some(at) = filter.starts_before {
        all.push(doc! {"starts_at": {"$lt": at.0}});
    }
    if let Some((at, event)) = after {
        all.push(doc! {"starts_at": {"$gte": at.0}});
        all.push(doc! {"$or": [
            {"starts_at": {"$gt": at.0}},
            {"_id": {"$gt": i64::from(event.0)}},
        ]});
    }
    doc! {"$and": all}
}
