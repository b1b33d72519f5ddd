//! Admissions that the server confirms while it is close (I9).

use crate::support::{Gate, Mode, Server, listed, wait_until};
use gateline_common::decision::{Answer, Refusal};
use gateline_common::sync::{Record, RecordBody};
use gateline_scanner::controller::{Confirmation, Settings};

#[tokio::test]
async fn of_two_gates_online_one_admits_and_the_other_withdraws() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let (north, south) = (Gate::patient(&server).await, Gate::patient(&server).await);
    north.sync().await;
    south.sync().await;
    let code = server.digits(1);
    let (at_north, at_south) = tokio::join!(north.scan(&code), south.scan(&code));
    for shown in [&at_north, &at_south] {
        assert_eq!(shown.confirmation, Confirmation::Confirmed);
    }
    let admitted = [&at_north, &at_south].map(|shown| shown.answer.is_admitted());
    assert_eq!(admitted.iter().filter(|green| **green).count(), 1);
    let (red, gate) = if admitted[0] {
        (at_south, &south)
    } else {
        (at_north, &north)
    };
    assert!(matches!(
        red.answer,
        Answer::Refuse(Refusal::AlreadyAdmitted { .. })
    ));
    assert_eq!(red.headline, "Already in");
    assert!(!red.words.is_empty() && !red.next.is_empty());
    gate.sync().await;
    let memory = server.memory();
    let withdrawals = memory
        .devices
        .iter()
        .flat_map(|device| device.records.values());
    let withdrawals = withdrawals
        .map(|bytes| Record::from_bytes(bytes).unwrap().body)
        .filter(|body| matches!(body, RecordBody::Withdrawal { .. }));
    assert_eq!(withdrawals.count(), 1);
}

#[tokio::test]
async fn a_guest_who_was_withdrawn_can_come_in_after_the_other_is_undone() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let (north, south) = (Gate::patient(&server).await, Gate::patient(&server).await);
    south.sync().await;
    north.sync().await;
    north.admits(&server.digits(1)).await;
    south.refuses(&server.digits(1)).await;
    north.controller.undo_last().await.unwrap();
    north.sync().await;
    south.sync().await;
    south.admits(&server.digits(1)).await;
}

#[tokio::test]
async fn at_the_deadline_the_gates_own_answer_stands_whatever_the_server_says_later() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let settings = Settings {
        confirm_ms: 30,
        ..Settings::default()
    };
    let (north, south) = (
        Gate::patient(&server).await,
        Gate::with(&server, settings).await,
    );
    north.sync().await;
    south.sync().await;
    north.admits(&server.digits(1)).await;
    server.hold_confirmations(true);
    let shown = south.scan(&server.digits(1)).await;
    assert!(shown.answer.is_admitted());
    assert_eq!(shown.confirmation, Confirmation::Unconfirmed);
    south.clock.advance(1_000);
    let before = south.status().await.last_contact_at;
    server.hold_confirmations(false);
    wait_until("the late answer is taken in", async || {
        south.status().await.last_contact_at > before
    })
    .await;
    south.sync().await;
    assert_eq!(south.status().await.scans_waiting, 0);
    let memory = server.memory();
    let held = &memory.devices[1];
    for (seq, bytes) in &held.records {
        match Record::from_bytes(bytes).unwrap().body {
            RecordBody::Withdrawal { .. } => panic!("who was shown green is not withdrawn"),
            RecordBody::Scan(_) => assert!(
                held.uploaded.contains(seq),
                "the server is told that its red was not shown"
            ),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_server_too_slow_for_one_guest_does_not_make_the_next_ones_wait() {
    let server = Server::start().await;
    let settings = Settings {
        confirm_ms: 200,
        ..Settings::default()
    };
    let gate = Gate::with(&server, settings).await;
    gate.sync().await;
    server.hold_confirmations(true);
    gate.admits(&server.digits(1)).await;
    assert!(!gate.status().await.confirming);
    // The server is never asked about these: it would never answer.
    for serial in 2..200 {
        gate.admits(&server.digits(serial)).await;
    }
    server.hold_confirmations(false);
    gate.sync().await;
    assert!(
        gate.status().await.confirming,
        "a fast exchange starts it again"
    );
    assert_eq!(
        gate.scan(&server.digits(500)).await.confirmation,
        Confirmation::Confirmed
    );
}

#[tokio::test]
async fn an_old_contact_or_a_dead_server_is_not_waited_for() {
    let server = Server::start().await;
    let gate = Gate::patient(&server).await;
    gate.sync().await;
    server.hold_confirmations(true);
    gate.clock.advance(10_000);
    let shown = gate.scan(&server.digits(1)).await;
    assert_eq!(shown.confirmation, Confirmation::Unconfirmed);
    server.hold_confirmations(false);
    gate.sync().await;
    server.set(Mode::Failing);
    let shown = gate.scan(&server.digits(2)).await;
    assert_eq!(shown.confirmation, Confirmation::Unconfirmed);
    assert!(!gate.status().await.confirming);
}

#[tokio::test]
async fn a_refusal_never_asks() {
    let server = Server::start().await;
    let gate = Gate::patient(&server).await;
    gate.sync().await;
    server.hold_confirmations(true);
    assert_eq!(gate.refuses("no ticket").await, Refusal::Malformed);
}

#[tokio::test]
async fn staff_take_back_the_guest_whom_they_saw_while_the_next_one_is_under_way() {
    let server = Server::start().await;
    let gate = Gate::patient(&server).await;
    gate.sync().await;
    let seen = gate.scan(&server.digits(1)).await;
    server.hold_confirmations(true);
    let next = server.digits(2);
    let (next, undone) = tokio::join!(gate.scan(&next), async {
        wait_until("the next scan to be logged", async || {
            gate.status().await.scans_logged == 2
        })
        .await;
        let undone = gate.controller.undo(Some(seen.seq)).await.unwrap();
        server.hold_confirmations(false);
        undone
    });
    assert_eq!(undone.undone, seen.seq);
    assert!(next.answer.is_admitted());
    gate.admits(&server.digits(1)).await;
    let refusal = gate.refuses(&server.digits(2)).await;
    assert!(matches!(refusal, Refusal::AlreadyAdmitted { .. }));
}
