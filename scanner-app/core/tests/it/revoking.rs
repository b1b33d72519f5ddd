//! A device that the organizer revoked.

use crate::support::{Gate, Mode, Server, listed};
use gateline_scanner::controller::{ControllerErrorCode, Link};

#[tokio::test]
async fn a_revoked_device_stops_wipes_its_list_and_keeps_its_log() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    server.set(Mode::Good);
    server.memory().devices[0].revoked = true;
    assert_eq!(gate.sync_trouble().await, "device_revoked");
    let status = gate.status().await;
    assert_eq!(status.link, Link::Revoked);
    assert_eq!((status.scans_logged, status.scans_waiting), (1, 1));
    assert_eq!(status.list.unwrap().tickets, 0);
    let error = gate
        .controller
        .scan_text(&server.digits(2))
        .await
        .unwrap_err();
    assert_eq!(error.code, ControllerErrorCode::Revoked);
    let restarted = gate.copy().await;
    assert_eq!(restarted.status().await.link, Link::Revoked);
    // The organizer may still accept what it holds.
    server.memory().devices[0].revoked = false;
    gate.sync().await;
    assert_eq!(server.scans().len(), 1);
    assert_eq!(gate.status().await.link, Link::Revoked);
}

#[tokio::test]
async fn a_device_that_the_server_does_not_know_goes_on_scanning() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.memory().devices[0].id = gateline_common::ids::DeviceId(uuid::Uuid::nil());
    assert_eq!(gate.sync_trouble().await, "not_authenticated");
    gate.admits(&server.digits(1)).await;
    assert_eq!(gate.status().await.scans_waiting, 1);
}
