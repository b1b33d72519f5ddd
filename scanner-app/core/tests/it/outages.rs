//! Networks and servers that fail: each failure is a clear state, scanning goes
//! on, and no record is lost.

use crate::support::{Gate, Mode, Server, listed, wait_until};
use gateline_common::Hash;
use gateline_scanner::controller::{ControllerErrorCode, Link, Settings};
use std::collections::BTreeSet;
use tokio::net::TcpListener;

async fn scan_some(gate: &Gate, server: &Server, serials: std::ops::Range<u64>) {
    for serial in serials {
        gate.admits(&server.digits(serial)).await;
    }
}

#[tokio::test]
async fn every_kind_of_outage_has_its_code_and_loses_nothing() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    let troubles = [
        (Mode::Portal, "captive_portal"),
        (Mode::Redirect, "captive_portal"),
        (Mode::BadGateway, "server_error"),
        (Mode::Failing, "server_error"),
        (Mode::Cut(0), "truncated"),
        (Mode::Cut(20), "truncated"),
    ];
    for (round, (mode, code)) in (0..).zip(troubles) {
        server.set(mode);
        scan_some(&gate, &server, round * 10..round * 10 + 5).await;
        assert_eq!(gate.sync_trouble().await, code, "{mode:?}");
        let status = gate.status().await;
        assert_eq!(status.link, Link::Offline);
        assert_eq!(status.trouble.unwrap().code, code);
        assert!(!status.confirming);
    }
    assert_eq!(gate.status().await.scans_waiting, 30);
    server.set(Mode::Good);
    let summary = gate.sync().await;
    assert!(summary.complete);
    assert_eq!(server.scans().len(), 30);
    let status = gate.status().await;
    assert_eq!((status.scans_waiting, status.link), (0, Link::Online));
    let seqs: BTreeSet<u64> = server.scans().iter().map(|record| record.seq).collect();
    assert_eq!(seqs.len(), 30);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_refused_or_not_found() {
    let server = Server::start().await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let gate = Gate::fresh(Settings::default()).await;
    let nobody = server.code_at(&nobody, None);
    let error = gate.controller.enrol(&nobody, "North 1").await.unwrap_err();
    assert_eq!(error.code, ControllerErrorCode::Sync);
    assert!(
        error.message.contains("connection refused"),
        "{}",
        error.message
    );
    let nowhere = server.code_at("http://no-such-host.local", None);
    let error = gate
        .controller
        .enrol(&nowhere, "North 1")
        .await
        .unwrap_err();
    assert_eq!(error.code, ControllerErrorCode::Sync);
    let open = server.code_at("http://gates.example.org", None);
    let error = gate.controller.enrol(&open, "North 1").await.unwrap_err();
    assert!(
        error.message.contains("without encryption"),
        "{}",
        error.message
    );
    let good = server.enrolment_code();
    let enrolled = gate.controller.enrol(&good, "North 1").await;
    enrolled.expect("the store is still free");
}

#[tokio::test]
async fn a_pinned_certificate_is_taken_and_no_other() {
    let server = Server::start_tls().await;
    let gate = Gate::fresh(Settings::default()).await;
    for certificate in [Some(Hash::ZERO), None] {
        let code = server.code_at(&server.url, certificate);
        let error = gate.controller.enrol(&code, "North 1").await.unwrap_err();
        assert_eq!(error.code, ControllerErrorCode::Sync);
        assert!(error.message.contains("certificate"), "{}", error.message);
    }
    let pinned = Gate::enrolled(&server).await;
    server.list(1, listed("Ada Byron"));
    assert!(pinned.sync().await.complete);
    pinned.admits(&server.digits(1)).await;
    assert!(pinned.sync().await.complete);
}

#[tokio::test]
async fn the_loop_catches_up_by_itself_when_the_server_comes_back() {
    let server = Server::start().await;
    let settings = Settings {
        poll_ms: 20,
        ..Settings::default()
    };
    let gate = Gate::with(&server, settings).await;
    server.set(Mode::Failing);
    scan_some(&gate, &server, 0..20).await;
    gate.controller.start_sync();
    wait_until("the outage is seen", async || {
        gate.status().await.link == Link::Offline
    })
    .await;
    server.set(Mode::Good);
    wait_until("everything is sent", async || {
        gate.status().await.scans_waiting == 0
    })
    .await;
    assert_eq!(server.scans().len(), 20);
    gate.controller.close(None).await.unwrap();
    assert!(!gate.shown.lines.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_push_channel_wakes_a_gate_that_would_not_poll_for_an_hour() {
    let server = Server::start().await;
    let settings = Settings {
        poll_ms: 3_600_000,
        ..Settings::default()
    };
    let gate = Gate::with(&server, settings).await;
    gate.controller.start_sync();
    wait_until("the first exchange", async || {
        gate.status().await.link == Link::Online
    })
    .await;
    let mut serial = 0;
    wait_until("a pushed change arrives", async || {
        serial += 1;
        server.list(serial, listed("Pushed"));
        server.push();
        gate.status().await.list.unwrap().tickets > 0
    })
    .await;
    gate.controller.close(None).await.unwrap();
}
