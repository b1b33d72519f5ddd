//! Live figures and the report speak of the same guests.

use super::gate::Gate;
use super::venue::{NORTH, SOUTH, Venue};
use gateline_common::bus::BusEvent;
use gateline_common::decision::{Admission, Answer, Direction, Refusal};
use gateline_common::sync::{Override, RecordBody, TicketStatus};
use serde_json::Value;

async fn agreed(venue: &Venue) -> Value {
    let (report, figures) = (venue.report().await, venue.figures().await);
    let totals = &report["totals"];
    assert_eq!(totals["tickets_admitted"], figures["entered"]);
    assert_eq!(totals["inside"], figures["inside"]);
    assert_eq!(totals["refused"], figures["refused"]);
    let counts = |parts: &Value| -> u64 {
        let parts = parts.as_object().unwrap().values();
        parts.map(|count| count.as_u64().unwrap()).sum()
    };
    assert_eq!(counts(&totals["conflicts"]), figures["conflicts"]);
    assert_eq!(counts(&totals["refusals"]), totals["refused"]);
    report
}

fn leave(gate: &mut Gate, venue: &Venue, serial: u64) {
    let scan = gate.scan(&venue.code(serial), Answer::Admit(Admission::Exit));
    let RecordBody::Scan(mut scan) = scan else {
        panic!("a scan");
    };
    scan.direction = Direction::Exit;
    gate.append(RecordBody::Scan(scan));
}

#[tokio::test]
async fn guests_let_in_by_an_old_list_are_in_and_leave_without_another_conflict() {
    let venue = Venue::open().await;
    venue.issue(1..=3).await;
    let mut gate = venue.gate("Tablet", NORTH).await;
    let ended = [
        TicketStatus::Cancelled,
        TicketStatus::Blocked,
        TicketStatus::Refunded,
    ];
    for (serial, status) in (1..).zip(ended) {
        let mut ticket = venue.ticket(serial);
        ticket.status = status;
        venue.publish(2, [BusEvent::TicketRevoked(ticket)]).await;
    }
    venue
        .app
        .wait_until("no ticket stands", async || {
            venue.figures().await["expected"] == 0
        })
        .await;
    venue.app.clock.advance_ms(60_000);
    for serial in 1..=3 {
        gate.admit(&venue.code(serial));
    }
    gate.upload(1..=3).await;
    let report = agreed(&venue).await;
    assert_eq!(report["totals"]["inside"], 3);
    assert_eq!(report["totals"]["conflicts"]["revoked"], 3);
    venue.app.clock.advance_ms(60_000);
    for serial in 1..=3 {
        leave(&mut gate, &venue, serial);
    }
    gate.upload(4..=6).await;
    let report = agreed(&venue).await;
    assert_eq!(report["totals"]["inside"], 0);
    assert_eq!(report["conflicts"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn an_admission_that_the_server_turned_down_is_a_refusal() {
    let venue = Venue::open().await;
    venue.issue(1..=2).await;
    let mut north = venue.gate("Tablet", NORTH).await;
    let mut south = venue.gate("Phone", SOUTH).await;
    assert!(north.admit_confirmed(&venue.code(1)).await.is_admitted());
    assert!(!south.admit_confirmed(&venue.code(1)).await.is_admitted());
    let report = agreed(&venue).await;
    assert_eq!(report["totals"]["refusals"]["already_admitted"], 1);
    assert_eq!(venue.figures().await["refused"], 1);
    // One that waits for its gate's word was refused as far as is known; the
    // next scan says that the guest went in.
    south.admit(&venue.code(1));
    assert_eq!(south.confirm_from(3).await.status, 200);
    agreed(&venue).await;
    assert_eq!(venue.figures().await["refused"], 2);
    south.admit(&venue.code(2));
    south.upload(4..=4).await;
    agreed(&venue).await;
    assert_eq!(venue.figures().await["refused"], 1);
}

#[tokio::test]
async fn the_text_says_cancelled_and_its_parts_add_up() {
    let venue = Venue::open().await;
    venue.issue(1..=2).await;
    let mut north = venue.gate("Tablet", NORTH).await;
    let mut south = venue.gate("Phone", SOUTH).await;
    north.admit(&venue.code(1));
    venue.app.clock.advance_ms(1_000);
    south.admit(&venue.code(1));
    venue.app.clock.advance_ms(1_000);
    leave(&mut north, &venue, 1);
    north.refuse(&venue.code(2), Refusal::Blocked);
    north.refuse(&venue.code(2), Refusal::Superseded);
    let scan = north.scan(&venue.code(1), Answer::Admit(Admission::ReEntry));
    let RecordBody::Scan(mut scan) = scan else {
        panic!("a scan");
    };
    let (at, device) = (venue.now(), south.device);
    let gate = Some(SOUTH);
    scan.overridden = Some(Override {
        waived: Answer::Refuse(Refusal::AlreadyAdmitted { at, gate, device }),
        reason: "the band".into(),
        supervised: false,
    });
    north.append(RecordBody::Scan(scan));
    north.upload(1..=5).await;
    south.upload(1..=1).await;
    venue.call_off().await;
    venue
        .app
        .wait_until("the report says so", async || {
            venue.report().await["cancelled"] == true
        })
        .await;
    let text = venue.organizer.get(&venue.path("report?format=text")).await;
    let text = text.text();
    for line in [
        "Entry report: Summer Night (cancelled)",
        "Tickets let in 1",
        "let through 4",
        "in, first time 1",
        "in, once more 2",
        "out 1",
        "refused 2",
        "blocked 1",
        "superseded 1",
        "sequence not provable",
        "Conflicts: 1",
        "Let in by staff against a refusal: 1",
        "override: the band",
    ] {
        let spaced: String = text.split_inclusive('\n').map(single_spaced).collect();
        assert!(spaced.contains(line), "{line}: {text}");
    }
}

fn single_spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ") + "\n"
}
