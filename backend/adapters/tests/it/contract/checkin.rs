//! The promises of `CheckInStore`.

use gateline_common::bytes::{Hash, PublicKey};
use gateline_common::ids::{DeviceId, EventId, FeedGeneration, OrgId, Serial, UserId};
use gateline_common::sync::QuarantineReason;
use gateline_common::{Signature, Timestamp};
use gateline_core::checkin::event::EventState;
use gateline_core::checkin::figures::{Deltas, Figure};
use gateline_core::checkin::log::{LogHead, StoredBatch, StoredRecord};
use gateline_core::checkin::ports::{
    Amended, EventWrite, LogQuery, LogWrite, ManifestBump, TicketWrite,
};
use gateline_core::checkin::ticket::{TicketKey, TicketState};
use gateline_core::checkin::{CheckInStore, Device, Enrolment, Organization};
use gateline_core::shared::{Commit, StoreError};
use uuid::Uuid;

macro_rules! checkin_promises {
    ($open:path) => {
        $crate::store_promises!(checkin, $open:
            an_organization_keeps_its_first_root_key,
            a_name_is_replaced_by_a_newer_one_only_and_raises_the_manifest,
            an_event_changes_from_the_version_that_was_read,
            an_enrolment_code_makes_one_device,
            a_revocation_is_kept_and_raises_the_manifest,
            the_feed_holds_each_ticket_at_its_last_change,
            of_two_changes_to_one_ticket_the_second_is_a_conflict_and_stores_nothing,
            of_two_uploads_to_one_log_the_second_is_a_conflict,
            a_guarded_upload_is_refused_when_passages_changed,
            an_upload_reads_its_neighbours_and_all_records_of_its_tickets,
            what_was_not_signed_is_replaced_by_what_is,
            an_amended_record_keeps_its_bytes,
            figures_are_sums,
            an_upload_is_stored_with_its_commit_or_not_at_all,
        );
    };
}

const EVENT: EventId = EventId(7);
const ORG: OrgId = OrgId(Uuid::from_u128(1));
const GATE: DeviceId = DeviceId(Uuid::from_u128(2));
const NOTHING: fn() -> Commit = Commit::nothing;

fn generation(n: u128) -> FeedGeneration {
    FeedGeneration(Uuid::from_u128(n))
}

fn bump(at: i64) -> ManifestBump {
    ManifestBump {
        org: ORG,
        at: Timestamp(at),
    }
}

async fn with_event(store: &impl CheckInStore) {
    let write = EventWrite {
        event: EventState::unknown(EVENT),
        rules: None,
        bump: None,
        generation: Some(generation(1)),
    };
    store.save_event(&write, &NOTHING()).await.unwrap();
}

async fn with_organization(store: &impl CheckInStore) -> Organization {
    let org = Organization::new(ORG, [1; 32], Timestamp(5));
    store.add_organization(&org).await.unwrap()
}

fn device(id: DeviceId) -> Device {
    Device {
        device: id,
        org: ORG,
        name: "Tablet".into(),
        key: PublicKey([3; 32]),
        credential: Hash(id.0.into_bytes().repeat(2).try_into().unwrap()),
        enrolled_at: Timestamp(10),
        enrolled_by: UserId(Uuid::from_u128(9)),
        revoked_at: None,
        accepted_at: None,
    }
}

fn enrolment(secret: u8) -> Enrolment {
    Enrolment {
        secret: Hash([secret; 32]),
        org: ORG,
        name: Some("Tablet".into()),
        made_by: UserId(Uuid::from_u128(9)),
        expires_at: Timestamp(99),
    }
}

async fn with_device(store: &impl CheckInStore) -> Device {
    with_organization(store).await;
    let device = device(GATE);
    let code = enrolment(1);
    store.add_enrolment(&code).await.unwrap();
    let nothing = NOTHING();
    let enrolled = store.enrol(code.secret, &device, bump(20), &nothing);
    enrolled.await.unwrap();
    device
}

fn key(serial: u64) -> TicketKey {
    TicketKey {
        event: EVENT,
        serial: Serial::truncate(serial),
    }
}

fn moved(ticket: TicketState) -> TicketWrite {
    TicketWrite {
        ticket,
        moves: true,
        passages: true,
    }
}

async fn put(store: &impl CheckInStore, ticket: TicketState) -> Result<(), StoreError> {
    let write = LogWrite {
        tickets: vec![moved(ticket)],
        ..LogWrite::default()
    };
    store.write_log(&write, &NOTHING()).await
}

async fn ticket(store: &impl CheckInStore, serial: u64) -> TicketState {
    store.ticket(key(serial)).await.unwrap().unwrap().0
}

fn record(seq: u64, serial: u64) -> StoredRecord {
    StoredRecord {
        device: GATE,
        seq,
        hash: Hash([seq as u8; 32]),
        bytes: vec![seq as u8, 1, 2],
        quarantine: None,
        ticket: Some(key(serial)),
        target: None,
        at: Timestamp(100),
        not_before: None,
        received_at: Timestamp(200),
        confirmed: None,
        pending: false,
    }
}

fn upload(records: Vec<StoredRecord>, head: LogHead) -> LogWrite {
    let last = records.iter().map(|record| record.seq).max().unwrap();
    LogWrite {
        head: Some((GATE, head)),
        batch: Some(StoredBatch {
            device: GATE,
            first_seq: records[0].seq,
            last_seq: last,
            last_hash: Hash([last as u8; 32]),
            signature: Signature([4; 64]),
            received_at: Timestamp(200),
            receipt: Signature([5; 64]),
        }),
        records,
        ..LogWrite::default()
    }
}

fn head(highest: u64, version: u64) -> LogHead {
    LogHead {
        unbroken: highest,
        highest,
        last_scan: highest,
        version,
    }
}

fn query(first: u64, last: u64) -> LogQuery {
    LogQuery {
        device: GATE,
        first,
        last,
        targets: Vec::new(),
        tickets: Vec::new(),
    }
}

pub(crate) async fn an_organization_keeps_its_first_root_key(store: &impl CheckInStore) {
    assert!(store.organization(ORG).await.unwrap().is_none());
    let first = with_organization(store).await;
    let second = Organization::new(ORG, [2; 32], Timestamp(6));
    let there = store.add_organization(&second).await.unwrap();
    assert_eq!(there.root_seed, [1; 32]);
    let read = store.organization(ORG).await.unwrap().unwrap();
    assert_eq!(read.root_seed, first.root_seed);
}

pub(crate) async fn a_name_is_replaced_by_a_newer_one_only_and_raises_the_manifest(
    store: &impl CheckInStore,
) {
    let before = with_organization(store).await;
    let at = Timestamp(30);
    for (version, name) in [(2, "Newer"), (1, "Older"), (2, "Again")] {
        let nothing = NOTHING();
        let named = store.name_organization(ORG, version, name, at, &nothing);
        named.await.unwrap();
    }
    let after = store.organization(ORG).await.unwrap().unwrap();
    assert_eq!(after.name, "Newer");
    assert_eq!(after.manifest_version, before.manifest_version + 1);
    assert_eq!(after.manifest_at, at);
}

pub(crate) async fn an_event_changes_from_the_version_that_was_read(store: &impl CheckInStore) {
    with_event(store).await;
    let event = store.event(EVENT).await.unwrap().unwrap();
    assert_eq!(event.version, 1);
    let write = EventWrite {
        event,
        rules: None,
        bump: None,
        generation: Some(generation(2)),
    };
    store.save_event(&write, &NOTHING()).await.unwrap();
    let again = store.save_event(&write, &NOTHING()).await;
    assert_eq!(again, Err(StoreError::Conflict));
    let head = store.feed_head(EVENT).await.unwrap().unwrap();
    assert_eq!(head.generation, generation(2));
    let new = EventWrite {
        event: EventState::unknown(EVENT),
        generation: Some(generation(3)),
        ..write
    };
    let second = store.save_event(&new, &NOTHING()).await;
    assert_eq!(second, Err(StoreError::Conflict));
    let head = store.feed_head(EVENT).await.unwrap().unwrap();
    assert_eq!(head.generation, generation(2));
}

pub(crate) async fn an_enrolment_code_makes_one_device(store: &impl CheckInStore) {
    let first = with_device(store).await;
    assert!(store.enrolment(Hash([1; 32])).await.unwrap().is_none());
    let second = device(DeviceId(Uuid::from_u128(3)));
    let nothing = NOTHING();
    let again = store.enrol(Hash([1; 32]), &second, bump(21), &nothing);
    assert_eq!(again.await, Err(StoreError::Conflict));
    assert!(store.device(second.device).await.unwrap().is_none());
    let found = store.device_with(first.credential).await.unwrap();
    assert_eq!(found, Some(first));
    let org = store.organization(ORG).await.unwrap().unwrap();
    assert_eq!((org.manifest_version, org.manifest_at), (2, Timestamp(20)));
}

pub(crate) async fn a_revocation_is_kept_and_raises_the_manifest(store: &impl CheckInStore) {
    let mut device = with_device(store).await;
    device.revoked_at = Some(Timestamp(40));
    store.save_device(&device, bump(40)).await.unwrap();
    let (org, _, devices) = store.manifest_source(ORG).await.unwrap().unwrap();
    assert_eq!(devices, [device]);
    assert_eq!((org.manifest_version, org.manifest_at), (3, Timestamp(40)));
}

pub(crate) async fn the_feed_holds_each_ticket_at_its_last_change(store: &impl CheckInStore) {
    assert!(store.feed(EVENT, 0, 10).await.unwrap().is_none());
    with_event(store).await;
    for serial in 1..=3 {
        put(store, TicketState::unknown(key(serial))).await.unwrap();
    }
    let first = ticket(store, 1).await;
    put(store, first).await.unwrap();
    let run = store.feed(EVENT, 0, 10).await.unwrap().unwrap();
    let serials: Vec<u64> = run
        .tickets
        .iter()
        .map(|(_, ticket)| ticket.key.serial.get())
        .collect();
    assert_eq!(serials, [2, 3, 1]);
    let positions: Vec<u64> = run.tickets.iter().map(|(position, _)| *position).collect();
    assert!(positions.is_sorted() && positions[2] == run.head.position);
    let rest = store.feed(EVENT, positions[0], 1).await.unwrap().unwrap();
    assert_eq!(rest.tickets.len(), 1);
    assert_eq!(rest.tickets[0].1.key, key(3));
    let beyond = store.feed(EVENT, u64::MAX, 10).await.unwrap().unwrap();
    assert!(beyond.tickets.is_empty());
}

pub(crate) async fn of_two_changes_to_one_ticket_the_second_is_a_conflict_and_stores_nothing(
    store: &impl CheckInStore,
) {
    with_event(store).await;
    put(store, TicketState::unknown(key(1))).await.unwrap();
    let read = ticket(store, 1).await;
    put(store, read.clone()).await.unwrap();
    let late = LogWrite {
        tickets: vec![moved(TicketState::unknown(key(2))), moved(read)],
        ..LogWrite::default()
    };
    let refused = store.write_log(&late, &NOTHING()).await;
    assert_eq!(refused, Err(StoreError::Conflict));
    assert!(store.ticket(key(2)).await.unwrap().is_none());
    // Made by two at once, it is a conflict too.
    let made = put(store, TicketState::unknown(key(1))).await;
    assert_eq!(made, Err(StoreError::Conflict));
}

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
    assert_eq!(store.set_aside(GATE, 10).await.unwrap(), [aside]);
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
    assert!(store.set_aside(GATE, 10).await.unwrap().is_empty());
    assert_eq!(store.records(GATE, 1, 1).await.unwrap(), [record(1, 1)]);
}

pub(crate) async fn figures_are_sums(store: &impl CheckInStore) {
    with_event(store).await;
    for by in [5, -2] {
        let mut deltas = Deltas::default();
        deltas.add(EVENT, Figure::Entered, by);
        let write = LogWrite {
            deltas,
            ..LogWrite::default()
        };
        store.write_log(&write, &NOTHING()).await.unwrap();
    }
    let (figures, _) = store.figures(EVENT).await.unwrap();
    assert_eq!(figures.get(Figure::Entered), 3);
    assert_eq!(figures.get(Figure::Refused), 0);
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
