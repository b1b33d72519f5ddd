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
        assert_eq!(source.pending()?, std::slice::from_ref(&waiting));
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

pub(crate) async fn what_is_written_during_a_look_is_not_seen_by_it(store: &impl CheckInStore) {
    with_device(store).await;
    with_event(store).await;
    let mut first = upload(vec![scan(1, 1)], head(1, 0));
    first.tickets = vec![moved(TicketState::unknown(key(1)))];
    store.write_log(&first, &NOTHING()).await.unwrap();
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let (written, wait) = mpsc::channel();
    let look = move |source: &dyn LogSource| {
        assert_eq!(source.records(GATE, 1, 9)?.len(), 1);
        tell.send(()).unwrap();
        wait.recv().unwrap();
        assert_eq!(source.records(GATE, 1, 9)?.len(), 1);
        assert_eq!(source.devices()?[0].1.version, 1);
        assert_eq!(source.figures()?.get(Figure::Entered), 0);
        assert_eq!(source.ticket(key(1).serial)?.unwrap().0.version, 1);
        Ok(())
    };
    let writing = async {
        told.recv().await.unwrap();
        let mut second = upload(vec![scan(2, 1)], head(2, 1));
        second.tickets = vec![moved(super::ticket(store, 1).await)];
        second.deltas.add(EVENT, Figure::Entered, 1);
        store.write_log(&second, &NOTHING()).await.unwrap();
        written.send(()).unwrap();
    };
    let (looked, ()) = futures::join!(store.look(EVENT, Box::new(look)), writing);
    looked.unwrap();
    let log = store.records(GATE, 1, 9).await.unwrap();
    assert_eq!(log.len(), 2);
}

pub(crate) async fn a_look_reads_more_tickets_than_one_answer_holds(store: &impl CheckInStore) {
    const MANY: u64 = 1_200;
    with_device(store).await;
    with_event(store).await;
    let tickets = (1..=MANY).map(|serial| {
        moved(TicketState {
            unlisted: true,
            ..TicketState::unknown(key(serial))
        })
    });
    let scans = (1..=MANY).map(|seq| scan(seq, seq)).collect();
    let mut write = upload(scans, head(MANY, 0));
    write.tickets = tickets.collect();
    store.write_log(&write, &NOTHING()).await.unwrap();
    let look = |source: &dyn LogSource| {
        let expected: Vec<(u64, usize)> = (1..=MANY).map(|serial| (serial, 1)).collect();
        assert_eq!(serials(source, Which::InQuestion), expected);
        assert_eq!(serials(source, Which::Scanned), expected);
        assert_eq!(source.records(GATE, 0, MANY)?.len() as u64, MANY);
        Ok(())
    };
    store.look(EVENT, Box::new(look)).await.unwrap();
    let feed = store.feed(EVENT, 0, u32::MAX).await.unwrap().unwrap();
    assert_eq!(feed.tickets.len() as u64, MANY);
}

pub(crate) async fn everything_of_an_event_is_read_at_once_too(store: &impl CheckInStore) {
    with_device(store).await;
    with_event(store).await;
    let elsewhere = StoredRecord {
        ticket: None,
        ..record(2, 9)
    };
    let records = vec![scan(1, 2), elsewhere, scan(3, 1)];
    let mut write = upload(records.clone(), head(3, 0));
    let tickets = [1, 2, 3].map(|serial| TicketState::unknown(key(serial)));
    write.tickets = tickets.map(moved).into();
    store.write_log(&write, &NOTHING()).await.unwrap();
    let log = store.event_log(EVENT).await.unwrap();
    assert_eq!(log.devices[0].0.device, GATE);
    assert_eq!(log.records, records);
    assert_eq!(log.batches, [write.batch.unwrap()]);
    let serials: Vec<u64> = log.tickets.iter().map(|t| t.key.serial.get()).collect();
    assert_eq!(serials, [1, 2]);
    let other = store.event_log(gateline_common::ids::EventId(8)).await;
    assert!(other.unwrap().devices.is_empty());
}
