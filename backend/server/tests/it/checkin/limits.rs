//! What a device, a steward or a thief of the store gets no more of.

use super::venue::{NORTH, SOUTH, Venue};
use crate::support::{Answer, TestApp};
use futures::future::join_all;
use gateline_common::sync::EnrolmentCode;
use gateline_server::config::Settings;
use serde_json::{Value, json};

#[tokio::test]
async fn a_device_that_floods_waits_and_another_at_the_same_venue_does_not() {
    let app = TestApp::with(Settings {
        device_requests_per_second: Some(1),
        device_burst: Some(10),
        ..Settings::default()
    })
    .await;
    let venue = Venue::open_in(app, |_| {}).await;
    let (eager, calm) = (
        venue.gate("North", NORTH).await,
        venue.gate("South", SOUTH).await,
    );
    let path = "/api/checkin/device/manifest";
    let answers: Vec<Answer> = join_all((0..60).map(async |_| eager.get(path).await)).await;
    let refused: Vec<&Answer> = answers.iter().filter(|a| a.status == 429).collect();
    // Seconds may pass meanwhile, and bring a request each.
    assert!((20..60).contains(&refused.len()), "{}", refused.len());
    for answer in refused {
        answer.refused(429, "rate_limited");
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
    }
    assert_eq!(calm.get(path).await.status, 200);
    venue.app.clock.advance_ms(60_000);
    assert_eq!(eager.get(path).await.status, 200);
}

#[tokio::test]
async fn a_gate_is_told_of_keys_what_is_public() {
    let venue = Venue::open().await;
    let gate = venue.gate("North", NORTH).await;
    let manifest = gate.manifest().await;
    let keys = manifest["events"][0]["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    for key in keys {
        let mut names: Vec<_> = key.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, ["id", "key", "state"], "{key}");
    }
}

#[tokio::test]
async fn staff_neither_revoke_devices_nor_touch_keys() {
    let venue = Venue::open().await;
    let gate = venue.gate("North", NORTH).await;
    let steward = venue.app.user("steve").await;
    let members = format!("/api/organizations/{}/members", venue.org);
    let body = json!({"email": steward.email, "role": "staff"});
    venue.organizer.post(&members, body).await.good();
    let devices = format!("/api/checkin/devices?org={}", venue.org);
    steward.get(&devices).await.good();
    let device = format!("/api/checkin/devices/{}", gate.device);
    steward.delete(&device).await.refused(403, "forbidden");
    let rotate = format!("/api/events/{}/signing-keys/rotate", venue.event());
    let refused = steward.post(&rotate, json!({})).await;
    assert!([403, 404].contains(&refused.status), "{}", refused.text());
    let kept = venue.organizer.get(&devices).await.good();
    assert_eq!(kept["items"][0]["revoked_at"], Value::Null);
}

#[tokio::test]
async fn codes_and_credentials_are_in_the_store_as_hashes_only() {
    let venue = Venue::open().await;
    let unused = venue.enrolment_code(Some("East")).await;
    let unused: EnrolmentCode = unused.parse().unwrap();
    let gate = venue.gate("North", NORTH).await;
    let secrets = [&unused.secret, &gate.credential, crate::support::PASSWORD];
    let mut read = 0;
    for file in std::fs::read_dir(venue.app.folder()).unwrap() {
        let file = file.unwrap();
        if !file
            .file_name()
            .to_string_lossy()
            .starts_with("gateline.db")
        {
            continue;
        }
        let bytes = std::fs::read(file.path()).unwrap();
        read += bytes.len();
        for secret in secrets {
            let has = bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            assert!(!has, "{:?} has {secret}", file.path());
        }
    }
    assert!(read > 10_000, "{read} bytes");
}
