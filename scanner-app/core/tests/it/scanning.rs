//! Scanning at one gate without asking anybody.

use crate::support::{EVENT, Gate, Mode, OTHER_EVENT, Server, T0, listed};
use gateline_common::catalog::ReEntry;
use gateline_common::decision::{Admission, Answer, Direction, Refusal};
use gateline_common::ids::{Epoch, EventId, GateId};
use gateline_common::sync::{RecordBody, Subject, TicketStatus};
use gateline_common::time::DAY_MS;
use gateline_scanner::controller::{Confirmation, ControllerErrorCode, Settings, Warning};

#[tokio::test]
async fn a_listed_ticket_is_admitted_once_and_refused_with_time_and_gate_after() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.sync().await;
    let shown = gate.scan(&server.digits(1)).await;
    assert_eq!(shown.answer, Answer::Admit(Admission::Entry));
    assert_eq!(shown.confirmation, Confirmation::Unconfirmed);
    assert_eq!(shown.gate_name.as_deref(), Some("North"));
    let ticket = shown.ticket.expect("a ticket");
    assert_eq!(ticket.name.as_deref(), Some("Ada Byron"));
    assert_eq!(ticket.type_name, "Day ticket");
    gate.clock.advance(60_000);
    let again = gate.scan(&server.digits(1)).await;
    let Answer::Refuse(Refusal::AlreadyAdmitted {
        at,
        gate: Some(GateId(1)),
        ..
    }) = again.answer
    else {
        panic!("{again:?}");
    };
    assert_eq!(at, T0);
    assert_eq!(again.confirmation, Confirmation::NotAsked);
    assert!(!again.words.is_empty());
    assert_eq!(gate.shown.scans.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn what_was_shown_survives_a_restart() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    let restarted = gate.copy().await;
    let refusal = restarted.refuses(&server.digits(1)).await;
    assert!(matches!(refusal, Refusal::AlreadyAdmitted { .. }));
    assert_eq!(restarted.status().await.scans_waiting, 2);
    assert_eq!(
        restarted.status().await.chosen.unwrap().gate,
        Some(GateId(1))
    );
}

#[tokio::test]
async fn a_ticket_sold_after_the_last_sync_is_admitted_on_its_signature() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    assert_eq!(gate.admits(&server.digits(5)).await, Admission::Unlisted);
}

#[tokio::test]
async fn noise_and_foreign_codes_are_logged_as_hash_and_length_only() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    for text in [
        "4006381333931",
        "https://example.org",
        "WIFI:S:venue;;",
        "\u{1f3ab} x",
    ] {
        assert_eq!(gate.refuses(text).await, Refusal::Malformed);
    }
    gate.sync().await;
    for (record, len) in server.scans().into_iter().zip([13, 19, 14, 6]) {
        let RecordBody::Scan(scan) = record.body else {
            panic!("a scan")
        };
        assert!(matches!(scan.subject, Subject::Foreign { len: told, .. } if told == len));
    }
    assert_eq!(server.scans().len(), 4);
}

#[tokio::test]
async fn a_tampered_code_and_one_of_another_event_are_told_apart() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    let mut bytes = server.memory().world.ticket(1).bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    let tampered = ticket_crypto::TicketCode::parse(&bytes).unwrap();
    assert_eq!(
        gate.refuses(&tampered.to_digits()).await,
        Refusal::BadSignature
    );
    let chosen = gate.controller.choose(OTHER_EVENT, None, Direction::Entry);
    chosen.await.unwrap();
    let refusal = gate.refuses(&server.digits(1)).await;
    let title = Some("Summer Night".to_owned());
    let event = EventId(7);
    assert_eq!(refusal, Refusal::WrongEvent { event, title });
}

#[tokio::test]
async fn an_old_owners_code_is_refused_once_the_new_one_was_seen() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    server.list(1, listed("Old owner"));
    gate.sync().await;
    server.set(Mode::Failing);
    let new_owner = server.memory().world.ticket_of_epoch(1, 2).to_digits();
    gate.admits(&new_owner).await;
    gate.controller.undo_last().await.unwrap();
    assert_eq!(gate.refuses(&server.digits(1)).await, Refusal::Superseded);
    assert_eq!(gate.admits(&new_owner).await, Admission::Entry);
}

#[tokio::test]
async fn the_list_prevails_over_the_code() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    for (serial, status) in [
        (1, TicketStatus::Cancelled),
        (2, TicketStatus::Refunded),
        (3, TicketStatus::Blocked),
    ] {
        server.list(
            serial,
            gateline_common::sync::ListedTicket {
                status,
                ..listed("X")
            },
        );
    }
    let transferred = gateline_common::sync::ListedTicket {
        epoch: Epoch(2),
        ..listed("New")
    };
    server.list(4, transferred);
    gate.sync().await;
    let expected = [
        Refusal::Cancelled,
        Refusal::Refunded,
        Refusal::Blocked,
        Refusal::Superseded,
    ];
    for (serial, refusal) in (1..).zip(expected) {
        assert_eq!(gate.refuses(&server.digits(serial)).await, refusal);
    }
}

#[tokio::test]
async fn times_are_the_devices_clock_corrected_by_its_last_comparison() {
    let server = Server::start().await;
    server
        .memory()
        .world
        .policy(|policy| policy.doors_open = Some(T0.plus_ms(1_000)));
    let gate = Gate::enrolled(&server).await;
    // The device is a day behind; the server says so at the next exchange.
    gate.clock.set_wall(T0.plus_ms(-DAY_MS));
    server.memory().now = T0.plus_ms(500);
    gate.sync().await;
    assert_eq!(gate.status().await.clock_offset_ms, DAY_MS + 500);
    let early = gate.refuses(&server.digits(1)).await;
    assert_eq!(
        early,
        Refusal::NotYetValid {
            from: T0.plus_ms(1_000)
        }
    );
    server.set(Mode::Failing);
    gate.clock.advance(501);
    let shown = gate.scan(&server.digits(1)).await;
    assert_eq!(shown.at, T0.plus_ms(1_001));
    assert!(shown.answer.is_admitted());
}

#[tokio::test]
async fn a_clock_that_was_set_since_the_last_sync_is_a_warning() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    assert_eq!(gate.status().await.warnings, []);
    gate.clock.set_wall(T0.plus_ms(-3_600_000));
    let set_back = Warning::ClockSet { by_ms: -3_600_000 };
    let warnings = gate.status().await.warnings;
    assert!(warnings.contains(&set_back), "{warnings:?}");
    assert!(set_back.to_string().contains("set by -3600 s"));
}

#[tokio::test]
async fn a_code_held_before_the_camera_is_one_scan_and_the_next_guest_does_not_wait() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    let (first, second) = (server.digits(1), server.digits(2));
    let see = async |codes: &[&String]| {
        let codes: Vec<String> = codes.iter().map(|code| (*code).clone()).collect();
        gate.controller.scan_codes(&codes).await.unwrap().len()
    };
    assert_eq!(see(&[&first]).await, 1);
    for _ in 0..100 {
        gate.clock.advance(33);
        assert_eq!(see(&[&first]).await, 0);
    }
    assert_eq!(see(&[&first, &second]).await, 1);
    gate.clock.advance(5_000);
    assert_eq!(see(&[&first]).await, 1);
    // A poster beside the ticket is no scan.
    let poster = "https://example.org/tour".to_owned();
    assert_eq!(see(&[&poster, &server.digits(3)]).await, 1);
    assert_eq!(gate.status().await.scans_logged, 4);
}

#[tokio::test]
async fn a_code_that_a_hand_scanner_read_is_not_scanned_again_by_the_camera_beside_it() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    let code = [server.digits(1)];
    gate.admits(&code[0]).await;
    for _ in 0..60 {
        gate.clock.advance(33);
        assert_eq!(gate.controller.scan_codes(&code).await.unwrap(), []);
    }
    gate.clock.advance(5_000);
    assert_eq!(gate.controller.scan_codes(&code).await.unwrap().len(), 1);
}

#[tokio::test]
async fn before_enrolment_and_before_a_choice_errors_say_what_to_do() {
    let gate = Gate::fresh(Settings::default()).await;
    let error = gate.controller.scan_text("1").await.unwrap_err();
    assert_eq!(error.code, ControllerErrorCode::NotEnrolled);
    let error = gate.controller.enrol("hello", "North 1").await.unwrap_err();
    assert_eq!(error.code, ControllerErrorCode::NotAnEnrolmentCode);
    assert_eq!(gate.status().await.enrolled, None);
    let server = Server::start().await;
    let code = server.enrolment_code();
    gate.controller.enrol(&code, "North 1").await.unwrap();
    let error = gate.controller.scan_text("1").await.unwrap_err();
    assert_eq!(error.code, ControllerErrorCode::NoEvent);
    let again = gate.controller.enrol(&code, "North 1").await.unwrap_err();
    assert_eq!(again.code, ControllerErrorCode::AlreadyEnrolled);
    let nowhere = gate.controller.choose(EventId(99), None, Direction::Entry);
    assert_eq!(
        nowhere.await.unwrap_err().code,
        ControllerErrorCode::UnknownPlace
    );
}

#[tokio::test]
async fn who_went_out_after_the_clock_was_set_back_comes_in_again() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    server
        .memory()
        .world
        .policy(|policy| policy.re_entry = ReEntry::AfterExit);
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.sync().await;
    let code = server.digits(1);
    let north = Some(GateId(1));
    let pass = async |direction| {
        let chosen = gate.controller.choose(EVENT, north, direction);
        chosen.await.unwrap();
        (gate.scan(&code).await.answer, gate.status().await.list)
    };
    pass(Direction::Entry).await;
    gate.clock.set_wall(T0.plus_ms(-600_000));
    let (out, list) = pass(Direction::Exit).await;
    assert_eq!(out, Answer::Admit(Admission::Exit));
    assert_eq!(list.unwrap().inside, 0);
    gate.clock.advance(60_000);
    let (again, list) = pass(Direction::Entry).await;
    assert_eq!(again, Answer::Admit(Admission::ReEntry));
    assert_eq!(list.unwrap().inside, 1);
}
