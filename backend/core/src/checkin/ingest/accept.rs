//! Counting what was set aside because its device was revoked.

use super::chain::{Log, keyed, settle};
use super::{Asked, Ingest};
use crate::checkin::batch::{Batch, Claim};
use crate::checkin::device::Device;
use crate::checkin::log::StoredRecord;
use crate::checkin::ports::{LogView, LogWrite};
use crate::checkin::tally::EventBook;
use crate::checkin::ticket::TicketKey;
use gateline_common::ids::EventId;
use gateline_common::sync::QuarantineReason;
use gateline_common::{PublicKey, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The tickets that stored records name, also where they do not count yet.
pub(in crate::checkin) fn tickets_named(records: &[StoredRecord]) -> Vec<TicketKey> {
    let claims = records.iter().map(claim_of);
    claims.filter_map(|claim| claim.ticket()).collect()
}

/// The events of records and of tickets.
pub(in crate::checkin) fn events_named(
    records: &[StoredRecord],
    view: &LogView,
) -> BTreeSet<EventId> {
    let claims = records.iter().map(claim_of);
    let scanned = claims.filter_map(|claim| claim.event());
    let loaded = view.tickets.iter().map(|(ticket, _)| ticket.key.event);
    scanned.chain(loaded).collect()
}

/// Counts what was set aside because its device was revoked, as far as it had
/// arrived by `until`.
pub(in crate::checkin) fn accept(
    device: &Device,
    events: &BTreeMap<EventId, EventBook>,
    view: &LogView,
    records: &[StoredRecord],
    until: Timestamp,
) -> LogWrite {
    let first = records.iter().map(|record| record.seq).min().unwrap_or(1);
    let batch = Batch::of_stored(first, records);
    let ingest = Ingest {
        device,
        root_key: &PublicKey([0; 32]),
        events,
        batch: &batch,
        view,
        now: Timestamp(i64::MAX),
        asked: &Asked::Open,
    };
    let held: Log = keyed(view.held.iter().chain(records).cloned());
    let mut log = held.clone();
    for record in log.values_mut() {
        let is_held = record.received_at <= until;
        if is_held && record.quarantine == Some(QuarantineReason::Revoked) {
            let claim = claim_of(record);
            let foreign = claim
                .event()
                .is_some_and(|event| !events.contains_key(&event));
            record.quarantine = foreign.then_some(QuarantineReason::ForeignEvent);
            let genuine = !foreign && ingest.is_genuine(&claim);
            record.ticket = claim.ticket().filter(|_| genuine);
        }
    }
    ingest.judge_chain(&mut log);
    ingest.attribute(&mut log);
    settle(&mut log, &view.head);
    ingest.effects(&held, &log, view.head, Vec::new()).write
}

fn claim_of(record: &StoredRecord) -> Claim {
    Claim {
        seq: record.seq,
        hash: record.hash,
        bytes: record.bytes.clone(),
        record: record.record(),
    }
}
