//! What an enrolled device may do, and what a revoked one may not.

use super::venue::{NORTH, SOUTH, Venue};
use gateline_common::decision::{Answer, Refusal};
use gateline_common::sync::{
    Outcome, QuarantineReason, Revocation, SignedRevocation, UploadRequest,
};
use serde_json::Value;
use ticket_crypto::detached::{Domain, verify};

#[tokio::test]
async fn without_a_credential_nothing_is_told() {
    let venue = Venue::open().await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    for path in [
        "/api/checkin/device/manifest",
        "/api/checkin/device/events/77/feed",
        "/api/checkin/device/push",
    ] {
        venue.app.get(path).await.refused(401, "not_authenticated");
        gate.credential = venue.organizer.token.clone();
        gate.get(path).await.refused(401, "not_authenticated");
    }
}

#[tokio::test]
async fn the_manifest_rises_with_every_change_and_names_the_devices() {
    let venue = Venue::open().await;
    let gate = venue.gate("Tablet", NORTH).await;
    let before = gate.manifest().await;
    assert_eq!(before["events"][0]["gates"][1]["name"], "South");
    assert_eq!(before["devices"][0][1], "Tablet");
    let mut facts = venue.facts.clone();
    facts.title = "Winter Night".into();
    venue.announce(&facts, 1_001).await;
    venue
        .app
        .wait_until("the new title is told", async || {
            gate.manifest().await["events"][0]["title"] == "Winter Night"
        })
        .await;
    let after = gate.manifest().await;
    let version = |manifest: &Value| manifest["version"].as_u64().unwrap();
    assert!(version(&after) > version(&before));
    let rules = |manifest: &Value| manifest["events"][0]["rules_version"].as_u64().unwrap();
    assert!(rules(&after) > rules(&before));
    // What is older than what is known changes nothing.
    venue.announce(&venue.facts, 999).await;
    venue.issue(1..=1).await;
    assert_eq!(gate.manifest().await, after);
}

#[tokio::test]
async fn a_revoked_device_gets_the_signed_notice_of_it_and_no_other_does() {
    let venue = Venue::open().await;
    let gate = venue.gate("Tablet", NORTH).await;
    let other = venue.gate("Phone", SOUTH).await;
    let path = "/api/checkin/device/revocation";
    venue.app.get(path).await.refused(401, "not_authenticated");
    gate.get(path).await.refused(404, "not_found");
    let device = format!("/api/checkin/devices/{}", gate.device);
    assert_eq!(venue.organizer.delete(&device).await.status, 204);
    let signed = gate.get(path).await.good();
    let signed: SignedRevocation = serde_json::from_value(signed).unwrap();
    let bytes = signed.notice_bytes().unwrap();
    let root = &gate.root_key;
    assert!(verify(root, Domain::Revocation, &bytes, &signed.signature));
    let notice = Revocation::from_bytes(&bytes).unwrap();
    assert_eq!((notice.device, notice.org), (gate.device, venue.org));
    // Revoked once more, it is the same notice.
    venue.app.clock.advance_ms(1_000);
    assert_eq!(venue.organizer.delete(&device).await.status, 204);
    let again = gate.get(path).await.good();
    assert_eq!(again, serde_json::to_value(&signed).unwrap());
    other.get(path).await.refused(404, "not_found");
}

#[tokio::test]
async fn a_revoked_device_learns_nothing_and_what_it_sends_is_set_aside_until_accepted() {
    let venue = Venue::open().await;
    venue.issue(1..=2).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let other = venue.gate("Phone", SOUTH).await;
    gate.admit(&venue.code(1));
    gate.admit(&venue.code(2));
    assert_eq!(gate.upload(1..=1).await, [Outcome::Stored]);
    let device = format!("/api/checkin/devices/{}", gate.device);
    assert_eq!(venue.organizer.delete(&device).await.status, 204);
    for path in [
        "/api/checkin/device/manifest",
        "/api/checkin/device/events/77/feed",
        "/api/checkin/device/push",
    ] {
        gate.get(path).await.refused(403, "device_revoked");
    }
    gate.confirm_from(2).await.refused(403, "device_revoked");
    let aside = Outcome::Quarantined(QuarantineReason::Revoked);
    assert_eq!(gate.upload(1..=2).await, [Outcome::Known, aside]);
    assert_eq!(other.passages(1).await.len(), 1);
    assert_eq!(other.passages(2).await.len(), 0);
    let answer = gate
        .post(
            "/api/checkin/device/scans",
            &UploadRequest {
                batch: None,
                cursors: vec![],
                manifest_version: 0,
            },
        )
        .await;
    assert_eq!(answer.status, 200);
    let accepted = venue
        .organizer
        .send("POST", &format!("{device}/accept"), None)
        .await;
    assert_eq!(accepted.good()["accepted"], 1);
    assert_eq!(other.passages(2).await.len(), 1);
    assert_eq!(venue.figures().await["entered"], 2);
}

#[tokio::test]
async fn accepting_a_revoked_device_accepts_what_is_held_and_not_what_it_sends_later() {
    let venue = Venue::open().await;
    venue.issue(1..=3).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let other = venue.gate("Phone", SOUTH).await;
    let device = format!("/api/checkin/devices/{}", gate.device);
    assert_eq!(venue.organizer.delete(&device).await.status, 204);
    let accept = async || {
        let path = format!("{device}/accept");
        let answer = venue.organizer.send("POST", &path, None).await;
        answer.good()["accepted"].as_u64().unwrap()
    };
    let aside = Outcome::Quarantined(QuarantineReason::Revoked);
    gate.admit(&venue.code(1));
    assert_eq!(gate.upload(1..=1).await, [aside]);
    assert_eq!(accept().await, 1);
    // Whoever holds the device goes on with its key.
    gate.admit(&venue.code(2));
    let withdrawn = Answer::Refuse(Refusal::Blocked);
    gate.withdraw(1, withdrawn);
    assert_eq!(gate.upload(1..=3).await, [Outcome::Known, aside, aside]);
    assert_eq!(other.passages(1).await.len(), 1);
    assert_eq!(other.passages(2).await.len(), 0);
    assert_eq!(venue.report().await["totals"]["admitted"], 1);
    assert_eq!(accept().await, 2);
    assert_eq!(other.passages(1).await.len(), 0);
    assert_eq!(other.passages(2).await.len(), 1);
    assert_eq!(accept().await, 0);
    gate.admit(&venue.code(3));
    assert_eq!(gate.upload(4..=4).await, [aside]);
    assert_eq!(venue.figures().await["entered"], 1);
}
