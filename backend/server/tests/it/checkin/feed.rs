//! `GET /api/checkin/device/events/{event}/feed`.

use super::venue::{NORTH, SOUTH, Venue};
use gateline_common::bus::BusEvent;
use gateline_common::ids::{Epoch, FeedGeneration};
use gateline_common::sync::{self, TicketStatus, UploadAnswer, UploadRequest};
use uuid::Uuid;

#[tokio::test]
async fn the_list_is_read_whole_once_and_by_its_changes_after() {
    let venue = Venue::open().await;
    let gate = venue.gate("Tablet", NORTH).await;
    let empty = gate.feed(None).await;
    assert!(empty[0].entries.is_empty() && empty[0].reset && !empty[0].more);
    venue.issue(1..=3).await;
    let pages = gate.feed(Some((empty[0].generation, empty[0].next))).await;
    assert_eq!(pages[0].entries.len(), 3);
    assert!(!pages[0].reset);
    let ticket = pages[0].entries[0].ticket.clone().unwrap();
    assert!(ticket.name.unwrap().starts_with("Guest"));
    let mut changed = venue.ticket(2);
    changed.status = TicketStatus::Blocked;
    venue.publish(2, [BusEvent::TicketRevoked(changed)]).await;
    let cursor = Some((pages[0].generation, pages[0].next));
    venue
        .app
        .wait_until("the change is in the feed", async || {
            !gate.feed(cursor).await[0].entries.is_empty()
        })
        .await;
    let delta = gate.feed(cursor).await;
    assert_eq!(delta[0].entries.len(), 1);
    let ticket = delta[0].entries[0].ticket.clone().unwrap();
    assert_eq!(ticket.status, TicketStatus::Blocked);
    assert_eq!(gate.entries().await.len(), 3);
}

#[tokio::test]
async fn a_cursor_of_another_history_or_beyond_the_end_begins_anew() {
    let venue = Venue::open().await;
    venue.issue(1..=2).await;
    let gate = venue.gate("Tablet", NORTH).await;
    let whole = gate.feed(None).await;
    let strange = gate.feed(Some((FeedGeneration(Uuid::nil()), 1))).await;
    assert!(strange[0].reset);
    assert_eq!(strange[0].entries.len(), 2);
    let beyond = gate.feed(Some((whole[0].generation, u64::MAX))).await;
    assert!(beyond[0].reset);
    assert_eq!(beyond[0].entries.len(), 2);
    let half = "/api/checkin/device/events/77/feed?position=1";
    gate.get(half).await.refused(400, "malformed_parameter");
    let foreign = "/api/checkin/device/events/78/feed";
    gate.get(foreign).await.refused(404, "not_found");
}

#[tokio::test]
async fn names_and_seats_stay_at_home_where_the_event_says_so_and_come_when_it_allows() {
    let venue = Venue::open_with(|event| {
        event.policy.names_on_devices = false;
        event.policy.seats_on_devices = false;
    })
    .await;
    venue.issue(1..=1).await;
    let gate = venue.gate("Tablet", NORTH).await;
    let pages = gate.feed(None).await;
    let ticket = pages[0].entries[0].ticket.clone().unwrap();
    assert_eq!((ticket.name, ticket.seat), (None, None));
    let mut open = venue.facts.clone();
    open.policy.names_on_devices = true;
    venue.announce(&open, 1_001).await;
    let cursor = Some((pages[0].generation, pages[0].next));
    venue
        .app
        .wait_until("the list is to be read anew", async || {
            gate.feed(cursor).await[0].reset
        })
        .await;
    let again = gate.feed(cursor).await;
    let ticket = again[0].entries[0].ticket.clone().unwrap();
    assert_eq!(ticket.name.as_deref(), Some("Guest 1"));
    assert_eq!(ticket.seat, None);
}

#[tokio::test]
async fn a_change_of_owner_that_arrives_before_the_issue_stays() {
    let venue = Venue::open().await;
    let gate = venue.gate("Tablet", NORTH).await;
    let mut later = venue.ticket(5);
    later.epoch = Epoch(2);
    venue.publish(2, [BusEvent::TicketTransferred(later)]).await;
    venue
        .app
        .wait_until("the ticket is listed", async || {
            gate.entries().await.len() == 1
        })
        .await;
    venue
        .publish(1, [BusEvent::TicketIssued(venue.ticket(5))])
        .await;
    venue.issue(6..=6).await;
    let entries = gate.entries().await;
    let ticket = entries.iter().find(|e| e.serial.get() == 5).unwrap();
    assert_eq!(ticket.ticket.as_ref().unwrap().epoch, Epoch(2));
}

#[tokio::test]
async fn an_upload_answers_with_what_other_gates_did_since() {
    let venue = Venue::open().await;
    venue.issue(1..=2).await;
    let mut north = venue.gate("Tablet", NORTH).await;
    let south = venue.gate("Phone", SOUTH).await;
    let pages = south.feed(None).await;
    north.admit(&venue.code(1));
    north.upload(1..=1).await;
    let request = UploadRequest {
        batch: None,
        cursors: vec![south.cursor(pages[0].generation, pages[0].next)],
        manifest_version: 0,
    };
    let answer = south.post("/api/checkin/device/scans", &request).await;
    let answer: UploadAnswer = sync::decode(&answer.body).unwrap();
    let entry = &answer.feeds[0].entries[0];
    assert_eq!(entry.serial.get(), 1);
    assert_eq!(entry.passages[0].device, north.device);
    assert_eq!(answer.unbroken, 0);
}

#[tokio::test]
async fn a_hundred_thousand_tickets_are_read_page_by_page_in_less_than_five_megabytes() {
    let venue = Venue::open().await;
    let gate = venue.gate("Tablet", NORTH).await;
    venue.fill_list(100_000).await;
    let (pages, bytes) = gate.feed_and_size(None).await;
    let entries: usize = pages.iter().map(|page| page.entries.len()).sum();
    assert_eq!(entries, 100_000);
    assert!(pages.len() > 10);
    assert!(bytes < 5_000_000, "{bytes} bytes");
}
