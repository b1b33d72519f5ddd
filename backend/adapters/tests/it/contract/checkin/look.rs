//! Looking at an event's logs.

use super::{EVENT, GATE, NOTHING, head, key, moved, record, upload, with_device, with_event};
use gateline_common::Timestamp;
use gateline_common::bytes::Hash;
use gateline_common::decision::{Admission, Answer, Direction};
use gateline_common::sync::{ClockReading, Record, RecordBody, Scan, Subject};
use gateline_core::checkin::CheckInStore;
use gateline_core::checkin::figures::Figure;
use gateline_core::checkin::log::StoredRecord;
use gateline_core::checkin::ports::{LogSource, Which};
use gateline_core::checkin::ticket::TicketState;
use gateline_core::shared::StoreError;
use std::sync::mpsc;

/// A scan, so that the device is one of the event.
fn scan(seq: u64, serial: u64) -> StoredRecord {
    let bytes = Record {
        device: GATE,
        seq,
        previous: Hash::ZERO,
        at: Timestamp(100),
        clock: ClockReading::UNKNOWN,
        body: RecordBody::Scan(Scan {
            event: EVENT,
            gate: None,
            direction: Direction::Entry,
            subject: Subject::Listed(key(serial).serial),
            answer: Answer::Admit(Admission::Entry),
            rules_version: 1,
            feed_position: 0,
            overridden: None,
        }),
    };
    StoredRecord {
        bytes: bytes.to_bytes().unwrap(),
        ..record(seq, serial)
    }
}

fn serials(source: &dyn LogSource, which: Which) -> Vec<(u64, usize)> {
    let mut found = Vec::new();
    let mut take = |ticket: TicketState, records: Vec<StoredRecord>| {
        found.push((ticket.key.serial.get(), records.len()));
    };
    source.tickets(which, &mut take).unwrap();
    found
}

pub(crate) async fn a_look_finds_logs_and_tickets_in_question_as_of_one_moment(
    store: &impl CheckInStore,
) {
    with_device(store).await;
    with_event(store).await;
    let waiting = StoredRecord {
        pending: true,
        ..scan(2, 1)
    };
    let mut write = upload(vec![scan(1, 1), waiting.clone(), scan(3, 2)], head(3, 0));
    let doubtful = TicketState {
        unlisted: true,
        ..TicketState::unknown(key(1))
    };
    let quiet = [key(2), key(3)].map(TicketState::unknown);
    write.tickets = [doubtful].into_iter().chain(quiet).map(moved).collect();
    write.deltas.add(EVENT, Figure::Entered, 2);
    store.write_log(&write, &NOTHING()).await.unwrap();

    let (tell, told) = mpsc::channel();
    let look = move |source: &dyn LogSource| {
        let devices = source.devices()?;
        assert_eq!((devices[0].0.device, devices[0].1.version), (GATE, 1));
        assert_eq!(source.records(GATE, 2, 9)?, [waiting.clone(), scan(3, 2)]);
        assert_eq!(source.batches(GATE)?[0].last_seq, 3);
        assert_eq!(source.pending()?, [waiting]);
        assert_eq!(serials(source, Which::InQuestion), [(1, 2)]);
        assert_eq!(serials(source, Which::Scanned), [(1, 2), (2, 1)]);
        assert_eq!(source.ticket(key(2).serial)?.unwrap().1, [scan(3, 2)]);
        assert_eq!(source.ticket(key(9).serial)?, None);
        assert_eq!(source.figures()?.get(Figure::Entered), 2);
        tell.send(()).unwrap();
        Ok(())
    };
    store.look(EVENT, Box::new(look)).await.unwrap();
    told.try_recv().unwrap();
    let refused = Err(StoreError::Failed("seen enough".into()));
    let look = |_: &dyn LogSource| Err(StoreError::Failed("seen enough".into()));
    assert_eq!(store.look(EVENT, Box::new(look)).await, refused);
}
