//! `GET /api/checkin/events/{event}/report`.

use super::gate::Gate;
use super::venue::{NORTH, SOUTH, Venue};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateline_common::bus::BusEvent;
use gateline_common::ids::Epoch;
use gateline_common::sync::{Record, TicketStatus};
use gateline_common::{Hash, PublicKey, Signature};
use serde_json::Value;
use ticket_crypto::detached::{self, Domain};

#[tokio::test]
async fn a_double_entry_is_shown_with_both_proofs_that_a_third_party_can_check() {
    let venue = Venue::open().await;
    venue.issue(1..=3).await;
    let mut north = venue.gate("Tablet north", NORTH).await;
    let mut south = venue.gate("Tablet south", SOUTH).await;
    north.admit(&venue.code(1));
    venue.app.clock.advance_ms(1_500);
    south.admit(&venue.code(2));
    south.admit(&venue.code(1));
    south.admit(&venue.code(3));
    south.upload(1..=3).await;
    north.upload(1..=1).await;
    let report = venue.report().await;
    let conflict = &report["conflicts"][0];
    assert_eq!(report["conflicts"].as_array().unwrap().len(), 1);
    assert_eq!(conflict["cause"], "same_code_twice");
    assert_eq!(conflict["ticket"]["name"], "Guest 1");
    assert_eq!(conflict["ticket"]["ticket_type"], "Adult");
    assert_eq!(conflict["ticket"]["order_code"], "ORD1");
    assert_eq!(conflict["counted"]["gate_name"], "North");
    assert_eq!(conflict["other"]["device_name"], "Tablet south");
    assert_eq!(conflict["other"]["seq"], 2);
    assert_eq!(conflict["order_provable"], false);
    check_proof(&report, &conflict["counted"], &north);
    check_proof(&report, &conflict["other"], &south);
    let proof = &conflict["other"]["proof"];
    let batch = &report["batches"][proof["batch"].as_u64().unwrap() as usize];
    assert_eq!(batch["records"][0], proof["record"]);
    assert_eq!(batch["records"].as_array().unwrap().len(), 2);
    let text = venue.organizer.get(&venue.path("report?format=text")).await;
    assert!(text.header("content-type").starts_with("text/plain"));
    for words in [
        "Summer Night",
        "Guest 1",
        "in at North, by Tablet north",
        "not provable",
        "SHA-256 over `gateline-record-v1`, the record",
        "over `gateline-batch-v1`, a zero byte, the device, first_seq,",
        "over `gateline-receipt-v1`, a zero byte, the device, last_seq,",
    ] {
        assert!(text.text().contains(words), "{words}: {}", text.text());
    }
}

/// What somebody does who trusts nobody and has the report alone, as it says "how
/// to check a proof": from the record's bytes along the chain to the hash that
/// the device signed, and to the server's receipt for it.
fn check_proof(report: &Value, scan: &Value, gate: &Gate) {
    let batch = &report["batches"][scan["proof"]["batch"].as_u64().unwrap() as usize];
    let bytes = |text: &Value| URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap();
    let records: Vec<Vec<u8>> = batch["records"]
        .as_array()
        .unwrap()
        .iter()
        .map(bytes)
        .collect();
    let record = bytes(&scan["proof"]["record"]);
    assert!(records.contains(&record));
    assert_eq!(Record::from_bytes(&record).unwrap().seq, scan["seq"]);
    for pair in records.windows(2) {
        assert_eq!(previous(&pair[1], gate), hash(&pair[0]));
    }
    let last_hash = hash(records.last().unwrap());
    assert_eq!(batch["last_hash"], last_hash.to_string());
    let seq = |name: &str| batch[name].as_u64().unwrap();
    let device_bytes = gate.device.0.into_bytes();
    let number = |name: &str| seq(name).to_be_bytes();
    let ends = [number("first_seq"), number("last_seq")].concat();
    let head = [&device_bytes, ends.as_slice(), last_hash.as_bytes()].concat();
    let devices = report["devices"].as_array().unwrap();
    let device = devices
        .iter()
        .find(|d| d["device"] == batch["device"])
        .unwrap();
    let key = PublicKey::parse(device["key"].as_str().unwrap()).unwrap();
    let signature = |name: &str| Signature::parse(batch[name].as_str().unwrap()).unwrap();
    assert!(detached::verify(
        &key,
        Domain::Batch,
        &head,
        &signature("signature")
    ));
    let root = PublicKey::parse(report["root_key"].as_str().unwrap()).unwrap();
    let end = number("last_seq");
    let at = number("received_at");
    let bytes = [device_bytes.as_slice(), &end, last_hash.as_bytes(), &at].concat();
    assert!(detached::verify(
        &root,
        Domain::Receipt,
        &bytes,
        &signature("receipt")
    ));
}

fn hash(record: &[u8]) -> Hash {
    Hash::of(&[b"gateline-record-v1", record])
}

/// The hash of the record before that a record of this gate holds.
fn previous(record: &[u8], gate: &Gate) -> Hash {
    let begin = [&[1, 16], gate.device.0.as_bytes().as_slice()].concat();
    let rest = record.strip_prefix(begin.as_slice()).unwrap();
    let ends = |byte: &u8| byte & 0x80 == 0;
    let number = rest.iter().position(ends).unwrap() + 1;
    Hash(rest[number..number + 32].try_into().unwrap())
}

#[tokio::test]
async fn the_order_is_proven_where_receipts_lie_between_the_scans() {
    let venue = Venue::open().await;
    venue.issue(1..=1).await;
    let mut north = venue.gate("Tablet", NORTH).await;
    let mut south = venue.gate("Phone", SOUTH).await;
    north.admit(&venue.code(1));
    north.upload(1..=1).await;
    venue.app.clock.advance_ms(1_000);
    south.refuse(&venue.code(1), gateline_common::decision::Refusal::Blocked);
    let receipt = south.send(south.batch(1..=1)).await.receipt.unwrap();
    south.receipt(receipt);
    south.admit(&venue.code(1));
    south.upload(1..=3).await;
    let report = venue.report().await;
    assert_eq!(report["conflicts"][0]["order_provable"], true);
    assert_eq!(report["conflicts"][0]["counted"]["device_name"], "Tablet");
}

#[tokio::test]
async fn the_order_in_which_gates_come_back_changes_nothing_that_counts() {
    let venue = Venue::open().await;
    venue.issue(1..=4).await;
    let mut findings = Vec::new();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0]] {
        let round = 1 + findings.len() as u64;
        let mut gates = Vec::new();
        for name in ["A", "B", "C"] {
            let mut gate = venue.gate(name, NORTH).await;
            gate.admit(&venue.code(round));
            venue.app.clock.advance_ms(10);
            gates.push(gate);
        }
        for index in order {
            gates[index].upload(1..=1).await;
            gates[index].upload(1..=1).await;
        }
        let report = venue.report().await;
        let serial = gateline_common::ids::Serial::truncate(round).to_string();
        let conflicts = report["conflicts"].as_array().unwrap().iter();
        let of_ticket = conflicts.filter(|c| c["ticket"]["serial"] == serial.as_str());
        let names = of_ticket.map(|c| {
            assert_eq!(c["counted"]["device_name"], "A");
            c["other"]["device_name"].as_str().unwrap().to_owned()
        });
        findings.push(names.collect::<Vec<_>>());
    }
    assert_eq!(findings, vec![vec!["B", "C"]; 3]);
}

#[tokio::test]
async fn an_old_owners_entry_after_a_transfer_is_named_as_such() {
    let venue = Venue::open().await;
    venue.issue(1..=1).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let mut moved = venue.ticket(1);
    moved.epoch = Epoch(2);
    venue
        .publish(2, [BusEvent::TicketTransferred(moved.clone())])
        .await;
    venue
        .app
        .wait_until("the transfer is on the list", async || {
            gate.entries().await[0].ticket.as_ref().unwrap().epoch == Epoch(2)
        })
        .await;
    venue.app.clock.advance_ms(60_000);
    gate.admit(&venue.code(1));
    gate.upload(1..=1).await;
    assert_eq!(venue.report().await["conflicts"][0]["cause"], "old_owner");
    moved.status = TicketStatus::Refunded;
    venue.publish(3, [BusEvent::TicketRevoked(moved)]).await;
}

#[tokio::test]
async fn the_report_is_for_the_organization_alone() {
    let venue = Venue::open().await;
    venue.issue(1..=1).await;
    let (stranger, _) = venue.app.organizer("mallory").await;
    for what in ["report", "figures", "live"] {
        stranger
            .get(&venue.path(what))
            .await
            .refused(404, "not_found");
        let nobody = venue.app.get(&venue.path(what)).await;
        nobody.refused(401, "not_authenticated");
    }
    let other = venue.organizer.get("/api/checkin/events/4242/report").await;
    other.refused(404, "not_found");
}
