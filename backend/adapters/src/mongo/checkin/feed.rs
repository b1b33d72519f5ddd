//! The feed: tickets in order of the position of their last change.

use super::read::{Read, number, plain, said, some};
use crate::mongo::documents::{id, id_of};
use crate::mongo::error::MongoError;
use gateline_common::ids::{EventId, FeedGeneration};
use gateline_core::checkin::figures::{Figure, Figures};
use gateline_core::checkin::ports::{FeedHead, FeedRun};
use gateline_core::checkin::ticket::TicketState;
use gateline_core::shared::page::MAX_PAGE;
use mongodb::bson::{Bson, Document, doc};
use std::collections::BTreeMap;

/// Tickets of one run at most: a snapshot is read in larger steps than lists.
const MOST: u32 = MAX_PAGE * 10;

pub(super) async fn head(
    read: &mut impl Read,
    event: EventId,
) -> Result<Option<FeedHead>, MongoError> {
    let Some(found) = read.one("feeds", of(event)).await? else {
        return Ok(None);
    };
    Ok(Some(FeedHead {
        generation: FeedGeneration(id_of(&found, "generation")?),
        position: number(&found, "position")?,
    }))
}

fn of(event: EventId) -> Document {
    doc! {"_id": i64::from(event.0)}
}

/// How far a generation before this one went.
pub(super) async fn past_generation(
    read: &mut impl Read,
    event: EventId,
    generation: FeedGeneration,
) -> Result<Option<u64>, MongoError> {
    let Some(found) = read.one("feeds", of(event)).await? else {
        return Ok(None);
    };
    let past: Vec<Document> = plain(&found, "past")?;
    let sought = id(generation.0);
    let same = |past: &&Document| past.get("generation") == Some(&sought);
    let found = past.iter().find(same);
    found.map(|past| number(past, "upto")).transpose()
}

pub(super) async fn run(
    read: &mut impl Read,
    event: EventId,
    position: u64,
    limit: u32,
) -> Result<Option<FeedRun>, MongoError> {
    let Some(head) = head(read, event).await? else {
        return Ok(None);
    };
    // A cursor may be any number; positions are below 2^63.
    let position = i64::try_from(position).unwrap_or(i64::MAX);
    let after = doc! {"event": i64::from(event.0), "position": {"$gt": position}};
    let options = some(doc! {"event": 1, "position": 1}, limit.clamp(1, MOST));
    let found = read.all("tickets", after, options).await?;
    let tickets = found
        .iter()
        .map(|found| Ok((number(found, "position")?, ticket(found)?)));
    let tickets: Result<_, MongoError> = tickets.collect();
    Ok(Some(FeedRun {
        head,
        tickets: tickets?,
    }))
}

/// A ticket from its document.
pub(super) fn ticket(found: &Document) -> Result<TicketState, MongoError> {
    let mut ticket: TicketState = said(found, "doc")?;
    ticket.version = number(found, "version")?;
    Ok(ticket)
}

/// The figures, and the count of changes of passages.
pub(super) async fn figures(
    read: &mut impl Read,
    event: EventId,
) -> Result<(Figures, u64), MongoError> {
    let Some(found) = read.one("feeds", of(event)).await? else {
        return Ok((Figures::default(), 0));
    };
    let sums: Document = plain(&found, "figures")?;
    let mut figures = BTreeMap::new();
    for (figure, value) in &sums {
        let figure: Figure = serde_json::from_str(figure)?;
        let value = match value {
            Bson::Int64(value) => *value,
            Bson::Int32(value) => i64::from(*value),
            _ => continue,
        };
        figures.insert(figure, value);
    }
    Ok((Figures(figures), number(&found, "changes")?))
}
