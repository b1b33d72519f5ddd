//! How many tickets cut-off gates could let in twice.

use super::gate::Gate;
use super::venue::{NORTH, SOUTH, Venue};
use gateline_common::sync::UploadRequest;
use serde_json::Value;

/// Exchanges everything, the list's changes too.
async fn exchange(gate: &Gate) {
    let pages = gate.feed(None).await;
    let last = pages.last().unwrap();
    let has_log = !gate.log.is_empty();
    let request = UploadRequest {
        batch: has_log.then(|| gate.batch(gate.whole())),
        cursors: vec![gate.cursor(last.generation, last.next)],
        manifest_version: 0,
    };
    let answer = gate.post("/api/checkin/device/scans", &request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

fn of(shown: &Value) -> Vec<(&str, u64)> {
    let device = |device: &'_ Value| {
        let tickets = device.get("exposure").or(device.get("tickets"));
        tickets.and_then(Value::as_u64).unwrap()
    };
    let devices = shown["devices"].as_array().unwrap().iter();
    devices
        .map(|it| (it["name"].as_str().unwrap(), device(it)))
        .collect()
}

#[tokio::test]
async fn exposure_is_what_gates_were_told_is_open_when_they_were_last_heard_of() {
    let venue = Venue::open().await;
    venue.issue(1..=5).await;
    let mut north = venue.gate("Tablet north", NORTH).await;
    let south = venue.gate("Tablet south", SOUTH).await;
    assert_eq!(venue.figures().await["exposure"], 0);
    exchange(&north).await;
    exchange(&south).await;
    let confirmed = venue.figures().await;
    assert_eq!(of(&confirmed), [("Tablet north", 0), ("Tablet south", 0)]);
    // The south is cut off, and the north lets two in.
    venue.app.clock.advance_ms(60_000);
    north.admit(&venue.code(1));
    north.admit(&venue.code(2));
    exchange(&north).await;
    exchange(&north).await;
    let one_silent = venue.figures().await;
    assert_eq!(of(&one_silent), [("Tablet north", 0), ("Tablet south", 5)]);
    assert_eq!(one_silent["exposure"], 5);
    venue.app.clock.advance_ms(60_000);
    let both_silent = venue.figures().await;
    assert_eq!(of(&both_silent), [("Tablet north", 3), ("Tablet south", 5)]);
    assert_eq!(both_silent["exposure"], 8);
    let report = venue.report().await;
    assert_eq!(report["exposure"]["tickets"], 8);
    assert_eq!(of(&report["exposure"]), of(&both_silent));
    let text = venue.organizer.get(&venue.path("report?format=text")).await;
    for words in ["Gates that are cut off: 2", "Tablet south: 5 tickets"] {
        assert!(text.text().contains(words), "{words}: {}", text.text());
    }
}
