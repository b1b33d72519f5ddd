//! The promises of `CheckInStore`.

mod log;
mod look;
mod organization;
mod races;
mod tickets;

pub(crate) use log::*;
pub(crate) use look::*;
pub(crate) use organization::*;
pub(crate) use races::*;
pub(crate) use tickets::*;

use gateline_common::bytes::{Hash, PublicKey};
use gateline_common::ids::{DeviceId, EventId, FeedGeneration, OrgId, Serial, UserId};
use gateline_common::{Signature, Timestamp};
use gateline_core::checkin::event::EventState;
use gateline_core::checkin::log::{LogHead, StoredBatch, StoredRecord};
use gateline_core::checkin::ports::{EventWrite, LogQuery, LogWrite, ManifestBump, TicketWrite};
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
            only_a_batch_that_closes_the_gap_reads_what_follows_it,
            the_last_exchange_of_each_device_about_an_event_is_kept,
            a_look_finds_logs_and_tickets_in_question_as_of_one_moment,
            what_is_written_during_a_look_is_not_seen_by_it,
            a_look_reads_more_tickets_than_one_answer_holds,
            everything_of_an_event_is_read_at_once_too,
            an_upload_of_a_thousand_records_is_stored_whole_and_amended_whole,
            of_two_uploads_at_once_that_admit_one_ticket_one_is_a_conflict,
            an_upload_that_comes_twice_at_once_is_stored_once,
            an_enrolment_code_that_two_use_at_once_makes_one_device,
            two_that_make_an_organization_at_once_get_one_root_key,
            a_change_of_an_event_and_an_upload_at_once_are_both_stored,
            a_revocation_and_an_upload_at_once_are_both_stored,
            since_when_a_device_is_revoked_never_changes,
            a_guarded_upload_and_a_passage_at_once_are_stored_in_that_order_or_not_both,
            figures_that_many_add_to_at_once_are_their_sum,
            a_reader_that_follows_a_feed_by_its_cursor_misses_no_change,
            of_contacts_noted_at_once_the_latest_stays,
            rules_are_kept_by_version_and_a_manifest_shows_one_moment,
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
