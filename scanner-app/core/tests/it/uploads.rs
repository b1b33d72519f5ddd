//! The log on its way to the server: chained, receipted, sent until answered.

use crate::support::{Gate, Mode, Server};
use gateline_common::sync::{Record, RecordBody};
use gateline_scanner::controller::Warning;

#[tokio::test]
async fn receipts_come_onto_the_chain_and_do_not_breed() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    for _ in 0..3 {
        gate.sync().await;
    }
    gate.clock.advance(60_000);
    gate.admits(&server.digits(1)).await;
    for _ in 0..5 {
        assert!(gate.sync().await.complete);
    }
    gate.clock.advance(60_000);
    gate.admits(&server.digits(2)).await;
    gate.sync().await;
    let memory = server.memory();
    let bodies: Vec<RecordBody> = memory.devices[0]
        .records
        .values()
        .map(|bytes| Record::from_bytes(bytes).unwrap().body)
        .collect();
    assert!(matches!(
        bodies.as_slice(),
        [
            RecordBody::Scan(_),
            RecordBody::Receipt(_),
            RecordBody::Scan(_)
        ]
    ));
}

#[tokio::test]
async fn a_long_backlog_goes_up_in_batches() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    server.set(Mode::Failing);
    for serial in 0..1_000 {
        gate.scan(&server.digits(serial % 700)).await;
    }
    server.set(Mode::Good);
    let summary = gate.sync().await;
    assert!(summary.complete);
    assert!(summary.records_sent >= 1_000);
    assert_eq!(server.scans().len(), 1_000);
}

#[tokio::test]
async fn one_record_that_the_server_never_takes_blocks_none_behind_it() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    server.set(Mode::Failing);
    for serial in 0..20 {
        gate.admits(&server.digits(serial)).await;
    }
    server.set(Mode::Good);
    server.memory().refuse_record = Some(8);
    for _ in 0..3 {
        gate.sync().await;
    }
    assert_eq!(server.scans().len(), 19);
    let status = gate.status().await;
    assert_eq!((status.scans_waiting, status.scans_quarantined), (0, 1));
    assert!(
        status
            .warnings
            .iter()
            .any(|w| matches!(w, Warning::RecordsRefused { .. }))
    );
}

#[tokio::test]
async fn a_record_that_is_taken_after_all_is_no_longer_told_as_refused() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    server.set(Mode::Failing);
    for serial in 0..5 {
        gate.admits(&server.digits(serial)).await;
    }
    server.set(Mode::Good);
    server.memory().refuse_record = Some(3);
    gate.sync().await;
    assert_eq!(gate.status().await.scans_quarantined, 1);
    server.memory().refuse_record = None;
    for serial in 5..8 {
        gate.admits(&server.digits(serial)).await;
        gate.sync().await;
    }
    assert_eq!(server.scans().len(), 8);
    let status = gate.status().await;
    assert_eq!((status.scans_waiting, status.scans_quarantined), (0, 0));
    assert!(
        !status
            .warnings
            .iter()
            .any(|w| matches!(w, Warning::RecordsRefused { .. }))
    );
}

#[tokio::test]
async fn what_the_server_sets_aside_is_told_and_does_not_block() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    server.memory().quarantine = true;
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    server.set(Mode::Good);
    gate.sync().await;
    server.memory().quarantine = false;
    gate.clock.advance(60_000);
    gate.admits(&server.digits(2)).await;
    assert!(gate.sync().await.complete);
    let status = gate.status().await;
    assert_eq!((status.scans_waiting, status.scans_quarantined), (0, 1));
    assert!(
        status
            .warnings
            .contains(&Warning::RecordsUncounted { count: 1 })
    );
}

#[tokio::test]
async fn a_server_restored_from_a_backup_gets_the_records_again() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    server.set(Mode::Failing);
    for serial in 0..10 {
        gate.admits(&server.digits(serial)).await;
    }
    server.set(Mode::Good);
    gate.sync().await;
    server.memory().devices[0]
        .records
        .retain(|seq, _| *seq <= 4);
    gate.sync().await;
    gate.sync().await;
    assert_eq!(server.scans().len(), 10);
}

#[tokio::test]
async fn a_store_that_is_a_copy_of_an_older_state_is_a_fork_and_its_scans_arrive_too() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    server.set(Mode::Failing);
    for serial in 0..5 {
        gate.admits(&server.digits(serial)).await;
    }
    let copy = gate.copy().await;
    for serial in 5..10 {
        gate.admits(&server.digits(serial)).await;
    }
    server.set(Mode::Good);
    gate.sync().await;
    server.set(Mode::Failing);
    for serial in 20..23 {
        copy.admits(&server.digits(serial)).await;
    }
    server.set(Mode::Good);
    copy.sync().await;
    assert_eq!(server.memory().devices[0].forks.len(), 3);
    let status = copy.status().await;
    assert_eq!((status.scans_waiting, status.scans_quarantined), (0, 0));
    assert_eq!(status.warnings, [Warning::Forked]);
    let words = Warning::Forked.to_string();
    assert!(words.contains("counts the scans of both"), "{words}");
}
