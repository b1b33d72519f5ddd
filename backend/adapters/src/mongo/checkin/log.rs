//! Reading what an upload needs, in few questions however many records it has.

use super::read::{Read, some, sorted};
use super::{devices, feed, keys, records};
use crate::mongo::documents::{id, number as written};
use crate::mongo::error::MongoError;
use crate::mongo::schema;
use gateline_common::ids::EventId;
use gateline_common::sync::QuarantineReason;
use gateline_core::checkin::log::{LogHead, StoredRecord};
use gateline_core::checkin::ports::{LogQuery, LogView};
use gateline_core::checkin::ticket::{TicketKey, TicketState};
use mongodb::bson::{Bson, Document, doc};
use std::collections::{BTreeMap, BTreeSet};

/// Records that are read at once while looking for the end of a run.
const OF_A_RUN: u32 = 1_000;

/// Tickets with the records about them.
pub(super) type Tickets = Vec<(TicketState, Vec<StoredRecord>)>;

pub(super) async fn view(read: &mut impl Read, query: &LogQuery) -> Result<LogView, MongoError> {
    let head = devices::head(read, query.device).await?;
    if query.last < query.first {
        return Ok(LogView {
            head,
            ..LogView::default()
        });
    }
    let held = held(read, query, &head).await?;
    let mut sought: BTreeSet<TicketKey> = query.tickets.iter().copied().collect();
    sought.extend(held.iter().filter_map(|record| record.ticket));
    Ok(LogView {
        tickets: tickets(read, &sought).await?,
        following: following(read, query, &head).await?,
        head,
        held,
    })
}

async fn held(
    read: &mut impl Read,
    query: &LogQuery,
    head: &LogHead,
) -> Result<Vec<StoredRecord>, MongoError> {
    let device = query.device;
    let mut first = query.first;
    if let Some(before) = query.first.checked_sub(1) {
        let below = keys::log(device, 0, before);
        let found = read.all("records", below, some(doc! {"_id": -1}, 1));
        if let Some(found) = found.await?.first() {
            (_, first, _) = keys::parts(found)?;
        }
    }
    let mut held = records::between(read, device, first, query.last + 1).await?;
    let pending = doc! {"device": id(device.0), "pending": schema::set()};
    held.extend(records::all(read, pending).await?);
    if !query.targets.is_empty() {
        let each = query.targets.iter();
        let each = each.map(|target| keys::log(device, *target, *target));
        let each: Vec<Document> = each.collect();
        held.extend(records::all(read, doc! {"$or": each}).await?);
    }
    // Only a batch that closes a gap can hold the target of what came before.
    if query.first <= head.highest {
        let mut of_batch = schema::set();
        of_batch.insert("$gte", written(query.first));
        of_batch.insert("$lte", written(query.last));
        let taking_back = doc! {"device": id(device.0), "target": of_batch};
        held.extend(records::all(read, taking_back).await?);
    }
    let keyed = held
        .into_iter()
        .map(|record| ((record.seq, record.hash), record));
    Ok(keyed.collect::<BTreeMap<_, _>>().into_values().collect())
}

/// The unbroken run right after the batch.
async fn following(
    read: &mut impl Read,
    query: &LogQuery,
    head: &LogHead,
) -> Result<Vec<(u64, bool)>, MongoError> {
    let closes_gap = (query.first..=query.last).contains(&(head.unbroken + 1));
    let mut run: Vec<(u64, bool)> = Vec::new();
    if query.last >= head.highest || !closes_gap {
        return Ok(run);
    }
    let unsigned = serde_json::to_string(&QuarantineReason::BadSignature)?;
    let mut after = query.last;
    loop {
        let mut more = keys::log(query.device, after + 1, u64::MAX);
        more.insert("quarantine", doc! {"$ne": &unsigned});
        let mut options = some(doc! {"_id": 1}, OF_A_RUN);
        options.projection = Some(doc! {"_id": 1, "scan": 1});
        let found = read.all("records", more, options).await?;
        for found in &found {
            let (_, seq, _) = keys::parts(found)?;
            let is_scan = found.get_bool("scan").unwrap_or(false);
            match run.last_mut() {
                // A fork: one scan of them is enough.
                Some((last, scan)) if *last == seq => *scan |= is_scan,
                _ if seq == after + 1 => {
                    run.push((seq, is_scan));
                    after = seq;
                }
                _ => return Ok(run),
            }
        }
        if found.len() < OF_A_RUN as usize {
            return Ok(run);
        }
    }
}

/// Those of the tickets that are there, in order, with all records about them. One
/// that only records know of counts from nothing.
pub(super) async fn tickets(
    read: &mut impl Read,
    sought: &BTreeSet<TicketKey>,
) -> Result<Tickets, MongoError> {
    if sought.is_empty() {
        return Ok(Tickets::new());
    }
    let ids: Vec<Bson> = sought.iter().map(|key| keys::ticket(*key)).collect();
    let filter = doc! {"_id": {"$in": ids}};
    let found = read.all("tickets", filter, sorted(doc! {"_id": 1})).await?;
    let mut by_event: BTreeMap<EventId, Vec<Bson>> = BTreeMap::new();
    let mut tickets = Tickets::with_capacity(found.len());
    for found in &found {
        let ticket = feed::ticket(found)?;
        let serials = by_event.entry(ticket.key.event).or_default();
        serials.push(written(ticket.key.serial.get()));
        tickets.push((ticket, Vec::new()));
    }
    let mut about: BTreeMap<TicketKey, Vec<StoredRecord>> = BTreeMap::new();
    for (event, serials) in by_event {
        let mut of_these = schema::set();
        of_these.insert("$in", serials);
        let filter = doc! {"event": i64::from(event.0), "serial": of_these};
        for record in records::all(read, filter).await? {
            if let Some(key) = record.ticket {
                about.entry(key).or_default().push(record);
            }
        }
    }
    for (ticket, records) in &mut tickets {
        *records = about.remove(&ticket.key).unwrap_or_default();
    }
    Ok(tickets)
}

pub(super) async fn ticket(
    read: &mut impl Read,
    key: TicketKey,
) -> Result<Option<(TicketState, Vec<StoredRecord>)>, MongoError> {
    Ok(tickets(read, &[key].into()).await?.pop())
}
