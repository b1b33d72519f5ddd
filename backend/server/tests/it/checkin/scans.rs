//! `POST /api/checkin/device/scans`.

use super::gate::Gate;
use super::venue::{NORTH, SOUTH, Venue, code, event};
use gateline_common::decision::Refusal;
use gateline_common::ids::{EventId, OrgId};
use gateline_common::sync::{CONTENT_TYPE, Outcome, QuarantineReason, Record, RecordBody};
use serde_json::Value;
use uuid::Uuid;

use Outcome::{Fork, Known, Stored};

#[tokio::test]
async fn a_batch_is_stored_once_however_often_and_in_whatever_pieces_it_comes() {
    let venue = Venue::open().await;
    venue.issue(1..=5).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    for serial in 1..=5 {
        gate.admit(&venue.code(serial));
    }
    assert_eq!(gate.upload(1..=2).await, [Stored, Stored]);
    assert_eq!(gate.upload(1..=2).await, [Known, Known]);
    assert_eq!(gate.upload(2..=4).await, [Known, Stored, Stored]);
    let answer = gate.send(gate.batch(1..=5)).await;
    assert_eq!(answer.unbroken, 5);
    assert_eq!(answer.receipt.unwrap().receipt.seq, 5);
    assert_eq!(venue.figures().await["entered"], 5);
    assert_eq!(venue.figures().await["gates"][0]["entered"], 5);
}

#[tokio::test]
async fn pieces_may_come_in_any_order_and_a_gap_is_answered_until_it_closes() {
    let venue = Venue::open().await;
    venue.issue(1..=6).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    for serial in 1..=6 {
        gate.admit(&venue.code(serial));
    }
    assert_eq!(gate.send(gate.batch(5..=6)).await.unbroken, 0);
    assert_eq!(gate.send(gate.batch(3..=3)).await.unbroken, 0);
    let report = venue.report().await;
    assert_eq!(report["devices"][0]["chain"]["gaps"][0]["to"], 2);
    assert_eq!(gate.send(gate.batch(1..=2)).await.unbroken, 3);
    assert_eq!(gate.send(gate.batch(4..=4)).await.unbroken, 6);
    let report = venue.report().await;
    assert!(
        report["devices"][0]["chain"]["gaps"]
            .as_array()
            .unwrap()
            .is_empty()
    );
    assert_eq!(report["totals"]["admitted"], 6);
}

#[tokio::test]
async fn a_broken_record_in_the_middle_is_set_aside_and_blocks_nothing() {
    let venue = Venue::open().await;
    venue.issue(1..=3).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    gate.admit(&venue.code(1));
    gate.log.push(b"rubbish".to_vec());
    gate.admit(&venue.code(2));
    gate.log[1][0] = b'R';
    gate.admit(&venue.code(3));
    let outcomes = gate.upload(gate.whole()).await;
    let aside = |reason| Outcome::Quarantined(reason);
    assert_eq!(outcomes[0], Stored);
    assert_eq!(outcomes[1], aside(QuarantineReason::Unreadable));
    // It was written after other bytes than these.
    assert_eq!(outcomes[2], aside(QuarantineReason::BrokenChain));
    assert_eq!(outcomes[3], Stored);
    assert_eq!(gate.send(gate.batch(gate.whole())).await.unbroken, 4);
    assert_eq!(venue.figures().await["entered"], 2);
}

#[tokio::test]
async fn a_chain_that_was_broken_by_a_gap_is_judged_again_when_it_closes() {
    let venue = Venue::open().await;
    venue.issue(1..=3).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    gate.admit(&venue.code(1));
    let mut liar = gate.clone();
    gate.admit(&venue.code(2));
    gate.admit(&venue.code(3));
    assert_eq!(gate.upload(3..=3).await, [Stored]);
    assert_eq!(venue.figures().await["entered"], 1);
    liar.refuse(&venue.code(2), Refusal::Blocked);
    assert_eq!(liar.upload(1..=2).await, [Stored, Stored]);
    // Record 3 was not written after this record 2.
    assert_eq!(venue.figures().await["entered"], 1);
    assert_eq!(gate.upload(2..=2).await, [Fork]);
    assert_eq!(venue.figures().await["entered"], 3);
}

#[tokio::test]
async fn a_store_that_was_restored_from_a_copy_forks_and_both_branches_count() {
    let venue = Venue::open().await;
    venue.issue(1..=3).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    gate.admit(&venue.code(1));
    let mut copy = gate.clone();
    gate.admit(&venue.code(2));
    copy.admit(&venue.code(3));
    assert_eq!(gate.upload(1..=2).await, [Stored, Stored]);
    // Kept, counted and reported: answer, figures, report and text say the same.
    assert_eq!(copy.upload(1..=2).await, [Known, Fork]);
    assert_eq!(copy.upload(1..=2).await, [Known, Known]);
    assert_eq!(venue.figures().await["entered"], 3);
    let report = venue.report().await;
    assert_eq!(report["totals"]["admitted"], 3);
    let device = &report["devices"][0];
    assert_eq!(device["admitted"], 3);
    assert_eq!(device["chain"]["forks"][0]["seq"], 2);
    let hashes = device["chain"]["forks"][0]["hashes"].as_array();
    assert_eq!(hashes.unwrap().len(), 2);
    for of_no_fork in ["quarantined", "tampering", "gaps"] {
        assert_eq!(device["chain"][of_no_fork], serde_json::json!([]));
    }
    let text = venue.organizer.get(&venue.path("report?format=text")).await;
    let words = "record 2 exists 2 times, and all count";
    assert!(text.text().contains(words), "{}", text.text());
    // Only what cannot be used does not count, in a fork too.
    copy.log.push(b"rubbish".to_vec());
    let unreadable = Outcome::Quarantined(QuarantineReason::Unreadable);
    assert_eq!(copy.upload(3..=3).await, [unreadable]);
    let report = venue.report().await;
    let aside = &report["devices"][0]["chain"]["quarantined"];
    assert_eq!((&aside[0]["seq"], &aside[1]), (&3.into(), &Value::Null));
}

#[tokio::test]
async fn what_the_device_did_not_sign_is_kept_apart_and_its_true_log_still_counts() {
    let venue = Venue::open().await;
    venue.issue(1..=2).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let mut thief = gate.clone();
    thief.key = ticket_crypto::SigningKey::from_seed([8; 32]);
    thief.admit(&venue.code(2));
    let unsigned = Outcome::Quarantined(QuarantineReason::BadSignature);
    assert_eq!(thief.upload(1..=1).await, [unsigned]);
    let answer = thief.send(thief.batch(1..=1)).await;
    assert_eq!((answer.unbroken, answer.receipt), (0, None));
    gate.admit(&venue.code(1));
    assert_eq!(gate.upload(1..=1).await, [Stored]);
    assert_eq!(venue.figures().await["entered"], 1);
}

#[tokio::test]
async fn scans_of_another_organizations_event_are_set_aside() {
    let venue = Venue::open().await;
    let foreign = event(EventId(500), OrgId(Uuid::max()), venue.now());
    venue.announce(&foreign, 1_000).await;
    venue.issue(1..=1).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let RecordBody::Scan(mut scan) = gate.scan(
        &code(EventId(500), 9, 1),
        gateline_common::decision::Answer::Admit(gateline_common::decision::Admission::Entry),
    ) else {
        unreachable!()
    };
    scan.event = EventId(500);
    gate.append(RecordBody::Scan(scan));
    gate.admit(&venue.code(1));
    let aside = Outcome::Quarantined(QuarantineReason::ForeignEvent);
    assert_eq!(gate.upload(1..=2).await, [aside, Stored]);
}

#[tokio::test]
async fn an_admission_of_a_forged_code_burns_nobodys_ticket() {
    let venue = Venue::open().await;
    venue.issue(1..=1).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let mut bytes = venue.code(1).bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let forged = ticket_crypto::TicketCode::parse(&bytes).unwrap();
    gate.admit(&forged);
    assert_eq!(gate.upload(1..=1).await, [Stored]);
    assert!(gate.passages(1).await.is_empty());
}

#[tokio::test]
async fn an_undo_takes_the_passage_away_even_if_it_comes_first() {
    let venue = Venue::open().await;
    venue.issue(1..=1).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let seq = gate.admit(&venue.code(1));
    gate.append(RecordBody::Undo { seq });
    gate.upload(2..=2).await;
    gate.upload(1..=1).await;
    assert!(gate.passages(1).await.is_empty());
    assert_eq!(venue.figures().await["inside"], 0);
}

#[tokio::test]
async fn a_device_that_was_wiped_and_enrolled_again_has_a_chain_of_its_own() {
    let venue = Venue::open().await;
    venue.issue(1..=2).await;
    let mut first = venue.gate("Tablet", NORTH).await;
    first.admit(&venue.code(1));
    first.upload(1..=1).await;
    let mut second = venue.gate("Tablet", NORTH).await;
    assert_ne!(first.device, second.device);
    second.admit(&venue.code(2));
    assert_eq!(second.upload(1..=1).await, [Stored]);
    assert_eq!(venue.figures().await["entered"], 2);
}

#[tokio::test]
async fn messages_that_are_none_and_batches_that_are_too_large_change_nothing() {
    let venue = Venue::open().await;
    venue.issue(1..=1).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let path = "/api/checkin/device/scans";
    let html = gate
        .post_bytes(path, CONTENT_TYPE, b"<html>".to_vec())
        .await;
    html.refused(400, "malformed_message");
    let json = gate
        .post_bytes(path, "application/json", b"{}".to_vec())
        .await;
    json.refused(415, "unsupported_media_type");
    let huge = gate.post_bytes(path, CONTENT_TYPE, vec![0; 3 << 20]).await;
    huge.refused(413, "too_large");
    let many = |gate: &Gate, records: Vec<Vec<u8>>| {
        let mut batch = gate.batch(1..=1);
        batch.records = records;
        gateline_common::sync::UploadRequest {
            batch: Some(batch),
            cursors: vec![],
            manifest_version: 0,
        }
    };
    gate.admit(&venue.code(1));
    let answer = gate.post(path, &many(&gate, vec![vec![1]; 1_001])).await;
    answer.refused(413, "too_large");
    let answer = gate.post(path, &many(&gate, vec![vec![1; 5_000]])).await;
    answer.refused(413, "too_large");
    let answer = gate.post(path, &many(&gate, vec![])).await;
    answer.refused(422, "invalid_field");
    let mut other = gate.clone();
    other.device = venue.gate("Phone", SOUTH).await.device;
    let foreign = other.post(path, &many(&other, other.log.clone())).await;
    foreign.refused(422, "invalid_field");
    assert_eq!(venue.figures().await["entered"], 0);
}

#[tokio::test]
async fn uploads_survive_a_restart_of_the_server() {
    let mut venue = Venue::open().await;
    venue.issue(1..=2).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    gate.admit(&venue.code(1));
    let receipt = gate.send(gate.batch(1..=1)).await.receipt.unwrap();
    gate.receipt(receipt);
    gate.admit(&venue.code(2));
    venue.app = venue.app.restart().await;
    gate.move_to(&venue.app);
    assert_eq!(gate.upload(1..=3).await, [Known, Stored, Stored]);
    let hash = Record::hash(&gate.log[2]);
    let answer = gate.send(gate.batch(3..=3)).await;
    assert_eq!(answer.outcomes[0].hash, hash);
    assert_eq!(answer.unbroken, 3);
}
