//! Server-sent events: live figures, and what wakes gates.

use super::venue::{NORTH, Venue};
use crate::connections::{HALF_HEAD, rest, saying};
use crate::support::{DEADLINE, TestApp};
use futures::{Stream, StreamExt};
use gateline_server::config::Settings;
use std::pin::pin;

/// Reads messages until one holds `words`.
async fn until(stream: impl Stream<Item = reqwest::Result<bytes::Bytes>>, words: &str) {
    let mut stream = pin!(stream);
    let mut seen = String::new();
    let reading = async {
        while !seen.contains(words) {
            let chunk = stream.next().await.expect("the stream goes on").unwrap();
            seen.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    };
    tokio::time::timeout(DEADLINE, reading).await.unwrap();
}

#[tokio::test]
async fn figures_come_at_once_and_again_when_somebody_enters() {
    let venue = Venue::open().await;
    venue.issue(1..=2).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let request = venue.organizer.request("GET", &venue.path("live"));
    let response = request.send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut stream = Box::pin(response.bytes_stream());
    until(&mut stream, "\"entered\":0").await;
    gate.admit(&venue.code(1));
    gate.upload(1..=1).await;
    until(&mut stream, "\"entered\":1").await;
}

#[tokio::test]
async fn a_gate_is_woken_by_changes_and_told_when_it_is_revoked() {
    let venue = Venue::open().await;
    let gate = venue.gate("Tablet", NORTH).await;
    let response = gate.watch().await;
    let mut stream = Box::pin(response.bytes_stream());
    until(&mut stream, "event: sync").await;
    venue.issue(1..=1).await;
    until(&mut stream, "event: sync").await;
    let device = format!("/api/checkin/devices/{}", gate.device);
    venue.organizer.delete(&device).await;
    until(&mut stream, "event: revoked").await;
}

#[tokio::test]
async fn figures_go_on_longer_than_a_connection_may_be_idle() {
    let app = TestApp::with(Settings {
        connection_idle_seconds: Some(1),
        ..Settings::default()
    })
    .await;
    let venue = Venue::open_in(app, |_| {}).await;
    venue.issue(1..=1).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let request = venue.organizer.request("GET", &venue.path("live"));
    let mut stream = Box::pin(request.send().await.unwrap().bytes_stream());
    until(&mut stream, "\"entered\":0").await;
    for _ in 0..3 {
        rest(saying(&venue.app, HALF_HEAD).await).await; // as long as that
    }
    gate.admit(&venue.code(1));
    gate.upload(1..=1).await;
    until(&mut stream, "\"entered\":1").await;
}
