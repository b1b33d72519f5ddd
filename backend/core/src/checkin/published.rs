//! What check-in tells other services of an upload, in the transaction that
//! stores it: one `ScanRecorded` however many records it holds, and one
//! `DuplicateDetected` for each ticket with a double entry that was not known.

use super::log::{StoredRecord, scan_of};
use super::ports::LogWrite;
use super::ticket::TicketKey;
use super::upload::Reading;
use crate::shared::Commit;
use gateline_common::bus::{BusEvent, EventScans, ScanFacts};
use gateline_common::ids::{EventId, OrgId};
use std::collections::BTreeMap;

pub(super) fn commit(reading: &Reading, write: &LogWrite, doubled: &[TicketKey]) -> Commit {
    let mut commit = Commit::nothing();
    if let Some(facts) = recorded(reading.device.org, &write.records) {
        let aggregate = format!("scans:{}", facts.device);
        let version = reading.view.head.version + 1;
        let body = BusEvent::ScanRecorded(facts);
        commit = commit.publishing(aggregate, version, reading.now, body);
    }
    for key in doubled {
        let body = BusEvent::DuplicateDetected {
            event: key.event,
            serial: key.serial,
        };
        let version = write.tickets.iter().find(|w| w.ticket.key == *key);
        let version = version.map_or(1, |write| write.ticket.version + 1);
        let aggregate = format!("scanned:{}:{}", key.event, key.serial);
        commit = commit.publishing(aggregate, version, reading.now, body);
    }
    commit
}

/// What the new records of one device say; nothing if there are none.
fn recorded(org: OrgId, records: &[StoredRecord]) -> Option<ScanFacts> {
    let sequences = || records.iter().map(|record| record.seq);
    let mut events: BTreeMap<EventId, EventScans> = BTreeMap::new();
    for stored in records.iter().filter(|stored| stored.is_counted()) {
        let record = stored.record();
        let Some(scan) = record.as_ref().and_then(scan_of) else {
            continue;
        };
        let counts = events.entry(scan.event).or_insert(EventScans {
            event: scan.event,
            admitted: 0,
            refused: 0,
        });
        match scan.answer.is_admitted() {
            true => counts.admitted += 1,
            false => counts.refused += 1,
        }
    }
    let aside = records.iter().filter(|record| !record.is_counted());
    Some(ScanFacts {
        org,
        device: records.first()?.device,
        first_seq: sequences().min()?,
        last_seq: sequences().max()?,
        records: u32::try_from(records.len()).unwrap_or(u32::MAX),
        set_aside: u32::try_from(aside.count()).unwrap_or(u32::MAX),
        events: events.into_values().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::ingest::{Asked, Ingest};
    use super::super::ports::LogView;
    use super::super::test_venue::{CLOSING, EVENT, NORTH, TestGate, books, root_key};
    use super::*;
    use gateline_common::sync::RecordBody;

    #[test]
    fn a_batch_of_any_size_is_told_in_one_event_with_its_counts() {
        let mut gate = TestGate::new(1, NORTH);
        gate.admit(1);
        gate.refuse(2);
        gate.append(RecordBody::Undo { seq: 1 });
        gate.admit(3);
        gate.log.push(b"rubbish".to_vec());
        let (device, batch, events) = (gate.device(), gate.batch(1, 5), books(None));
        let ingested = Ingest {
            device: &device,
            root_key: &root_key().public_key(),
            events: &events,
            batch: &batch,
            view: &LogView::default(),
            now: CLOSING,
            asked: &Asked::Nothing,
        }
        .run();
        let told = recorded(device.org, &ingested.write.records);
        let counts = EventScans {
            event: EVENT,
            admitted: 2,
            refused: 1,
        };
        let expected = ScanFacts {
            org: device.org,
            device: device.device,
            first_seq: 1,
            last_seq: 5,
            records: 5,
            set_aside: 1,
            events: vec![counts],
        };
        assert_eq!(told, Some(expected));
        assert_eq!(recorded(device.org, &[]), None);
    }
}
