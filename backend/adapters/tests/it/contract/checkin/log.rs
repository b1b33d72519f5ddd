//! The scan log.

use super::{
    EVENT, GATE, NOTHING, head, key, moved, put, query, record, upload, with_device, with_event,
};
use gateline_common::Timestamp;
use gateline_common::bytes::Hash;
use gateline_common::sync::QuarantineReason;
use gateline_core::checkin::CheckInStore;
use gateline_core::checkin::log::LogHead;
use gateline_core::checkin::ports::{Amended, LogQuery, LogWrite};
use gateline_core::checkin::ticket::TicketState;
use gateline_core::shared::StoreError;
use uuid::Uuid;

pub(crate) async fn of_two_uploads_to_one_log_the_second_is_a_conflict(store: &impl CheckInStore) {
    with_device(store).await;
    with_event(store).await;
    let first = upload(vec![record(1, 1)], head(1, 0));
    store.write_log(&first, &NOTHING()).await.unwrap();
    let second = upload(vec![record(2, 1)], head(2, 0));
    let refused = store.write_log(&second, &NOTHING()).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    assert_eq!(store.records(GATE, 1, 9).await.unwrap(), [record(1, 1)]);
    let view = store.log(&query(2, 2)).await.unwrap();
    assert_eq!((view.head.highest, view.head.version), (1, 1));
}

pub(crate) async fn a_guarded_upload_is_refused_when_passages_changed(store: &impl CheckInStore) {
    with_event(store).await;
    let (_, changes) = store.figures(EVENT).await.unwrap();
    put(store, TicketState::unknown(key(1))).await.unwrap();
    let mut guarded = LogWrite {
        tickets: vec![moved(TicketState::unknown(key(2)))],
        guard: Some((EVENT, changes)),
        ..LogWrite::default()
    };
    let refused = store.write_log(&guarded, &NOTHING()).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    let (_, changes) = store.figures(EVENT).await.unwrap();
    guarded.guard = Some((EVENT, changes));
    store.write_log(&guarded, &NOTHING()).await.unwrap();
}

pub(crate) async fn an_upload_reads_its_neighbours_and_all_records_of_its_tickets(
    store: &impl CheckInStore,
) {
    with_device(store).await;
    with_event(store).await;
    put(store, TicketState::unknown(key(1))).await.unwrap();
    let records = vec![record(1, 1), record(2, 2), record(5, 1), record(6, 2)];
    let far = LogHead {
        unbroken: 2,
        ..head(6, 0)
    };
    let write = upload(records, far);
    store.write_log(&write, &NOTHING()).await.unwrap();
    let asked = LogQuery {
        tickets: vec![key(1)],
        ..query(3, 4)
    };
    let view = store.log(&asked).await.unwrap();
    let held: Vec<u64> = view.held.iter().map(|record| record.seq).collect();
    assert_eq!(held, [2, 5]);
    let following: Vec<u64> = view.following.iter().map(|(seq, _)| *seq).collect();
    assert_eq!(following, [5, 6]);
    let about_first = view.tickets.iter().find(|(ticket, _)| ticket.key == key(1));
    let seqs: Vec<u64> = about_first.unwrap().1.iter().map(|r| r.seq).collect();
    assert_eq!(seqs, [1, 5]);
}

pub(crate) async fn what_was_not_signed_is_replaced_by_what_is(store: &impl CheckInStore) {
    with_device(store).await;
    with_event(store).await;
    let mut unsigned = record(1, 1);
    unsigned.quarantine = Some(QuarantineReason::BadSignature);
    let write = upload(vec![unsigned], head(0, 0));
    store.write_log(&write, &NOTHING()).await.unwrap();
    let write = upload(vec![record(1, 1)], head(1, 1));
    store.write_log(&write, &NOTHING()).await.unwrap();
    assert_eq!(store.records(GATE, 1, 1).await.unwrap(), [record(1, 1)]);
}

pub(crate) async fn an_amended_record_keeps_its_bytes(store: &impl CheckInStore) {
    with_device(store).await;
    with_event(store).await;
    let mut aside = record(1, 1);
    aside.quarantine = Some(QuarantineReason::Revoked);
    let write = upload(vec![aside.clone()], head(1, 0));
    store.write_log(&write, &NOTHING()).await.unwrap();
    let early = store.set_aside(GATE, Timestamp(199), 10).await.unwrap();
    assert!(early.is_empty());
    let held = store.set_aside(GATE, Timestamp(200), 10).await.unwrap();
    assert_eq!(held, [aside]);
    let write = LogWrite {
        amended: vec![Amended {
            device: GATE,
            seq: 1,
            hash: Hash([1; 32]),
            quarantine: None,
            ticket: Some(key(1)),
            pending: false,
            confirmed: None,
        }],
        ..LogWrite::default()
    };
    store.write_log(&write, &NOTHING()).await.unwrap();
    let held = store.set_aside(GATE, Timestamp(200), 10).await.unwrap();
    assert!(held.is_empty());
    assert_eq!(store.records(GATE, 1, 1).await.unwrap(), [record(1, 1)]);
}

pub(crate) async fn an_upload_is_stored_with_its_commit_or_not_at_all(store: &impl CheckInStore) {
    with_device(store).await;
    with_event(store).await;
    let commit = NOTHING().consuming("checkin", Uuid::from_u128(1));
    let write = upload(vec![record(1, 1)], head(1, 0));
    store.write_log(&write, &commit).await.unwrap();
    let again = upload(vec![record(2, 1)], head(2, 1));
    let refused = store.write_log(&again, &commit).await;
    assert_eq!(refused, Err(StoreError::AlreadyConsumed));
    assert_eq!(store.records(GATE, 1, 9).await.unwrap().len(), 1);
}

pub(crate) async fn only_a_batch_that_closes_the_gap_reads_what_follows_it(
    store: &impl CheckInStore,
) {
    with_device(store).await;
    with_event(store).await;
    let records = (1..=6).map(|seq| record(seq, 1)).collect();
    store
        .write_log(&upload(records, head(6, 0)), &NOTHING())
        .await
        .unwrap();
    let view = store.log(&query(2, 3)).await.unwrap();
    assert!(view.following.is_empty(), "{:?}", view.following);
}

pub(crate) async fn an_upload_of_a_thousand_records_is_stored_whole_and_amended_whole(
    store: &impl CheckInStore,
) {
    const MANY: u64 = 1_000;
    with_device(store).await;
    with_event(store).await;
    let records: Vec<_> = (1..=MANY).map(|seq| record(seq, seq)).collect();
    let mut write = upload(records.clone(), head(MANY, 0));
    let tickets = (1..=MANY).map(|serial| TicketState::unknown(key(serial)));
    write.tickets = tickets.map(moved).collect();
    store.write_log(&write, &NOTHING()).await.unwrap();
    let asked = LogQuery {
        tickets: (1..=MANY).map(key).collect(),
        ..query(1, MANY)
    };
    let view = store.log(&asked).await.unwrap();
    assert_eq!(view.held, records);
    assert_eq!(view.tickets.len() as u64, MANY);
    let amended = records.iter().map(|record| Amended {
        device: record.device,
        seq: record.seq,
        hash: record.hash,
        quarantine: None,
        ticket: record.ticket,
        pending: true,
        confirmed: None,
    });
    let write = LogWrite {
        amended: amended.collect(),
        tickets: view.tickets.into_iter().map(|(t, _)| moved(t)).collect(),
        ..LogWrite::default()
    };
    store.write_log(&write, &NOTHING()).await.unwrap();
    let view = store.log(&query(MANY + 1, MANY + 1)).await.unwrap();
    assert_eq!(view.held.iter().filter(|held| held.pending).count(), 1_000);
    let head = store.feed_head(EVENT).await.unwrap().unwrap();
    assert_eq!(head.position, 2 * MANY);
    let again = store.write_log(&write, &NOTHING()).await;
    assert_eq!(again, Err(StoreError::Conflict));
}
