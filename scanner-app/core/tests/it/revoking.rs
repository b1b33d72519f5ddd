//! A device that the organizer revoked, and devices of which somebody only says
//! so.

use crate::support::{EVENT, Gate, Mode, ORG, Server, listed, signed};
use gateline_common::Timestamp;
use gateline_common::decision::Direction;
use gateline_common::ids::{DeviceId, GateId, OrgId};
use gateline_common::sync::{Record, Revocation, SignedRevocation};
use gateline_scanner::controller::{ControllerErrorCode, Link};
use ticket_crypto::SigningKey;
use uuid::Uuid;

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
    server.memory().refuse_revoked = true;
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
    // What it still holds goes to the server all the same.
    server.memory().refuse_revoked = false;
    gate.sync().await;
    assert_eq!(server.scans().len(), 1);
    let status = gate.status().await;
    assert_eq!((status.link, status.scans_waiting), (Link::Revoked, 0));
}

/// Has the gate kept its list, and does it still let people in?
async fn goes_on(gate: &Gate, server: &Server, serial: u64) {
    let status = gate.status().await;
    assert_eq!(status.link, Link::Offline);
    assert_eq!(status.trouble.unwrap().code, "unproven_revocation");
    assert_eq!(status.list.unwrap().tickets, 2);
    gate.admits(&server.digits(serial)).await;
}

async fn with_two_tickets() -> (Server, Gate) {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    server.list(2, listed("Grace Hopper"));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    (server, gate)
}

#[tokio::test]
async fn a_device_that_is_only_told_that_it_was_revoked_wipes_nothing_and_goes_on() {
    let (server, gate) = with_two_tickets().await;
    server.set(Mode::Saying(403, "device_revoked"));
    assert_eq!(gate.sync_trouble().await, "unproven_revocation");
    goes_on(&gate, &server, 1).await;
    // With any other status it is not even asked about.
    for status in [200, 401, 404, 410, 500] {
        server.set(Mode::Saying(status, "device_revoked"));
        let trouble = gate.sync_trouble().await;
        assert!(!trouble.contains("revo"), "{status}: {trouble}");
    }
    server.set(Mode::Good);
    assert!(gate.sync().await.complete);
    let status = gate.status().await;
    assert_eq!((status.link, status.trouble), (Link::Online, None));
    assert_eq!(server.scans().len(), 1);
}

#[tokio::test]
async fn a_question_about_an_admission_that_is_told_so_wipes_nothing_either() {
    let (server, gate) = with_two_tickets().await;
    server.set(Mode::Saying(403, "device_revoked"));
    gate.admits(&server.digits(1)).await;
    goes_on(&gate, &server, 2).await;
}

#[tokio::test]
async fn a_notice_that_does_not_hold_wipes_nothing() {
    let (server, gate) = with_two_tickets().await;
    server.set(Mode::Saying(403, "device_revoked"));
    let device = server.memory().devices[0].id;
    let root = server.memory().world.root.clone();
    let good = server.memory().notice(device);
    let about = |device, org| Revocation {
        device,
        org,
        at: Timestamp(1),
    };
    let stranger = SigningKey::from_seed([99; 32]);
    let no_device = DeviceId(Uuid::from_u128(5));
    let no_org = OrgId(Uuid::from_u128(5));
    let mut newer = good.notice_bytes().unwrap();
    newer[0] = 2;
    let manifest = server.memory().world.signed();
    let forged = [
        signed(&about(no_device, ORG), &root),
        signed(&about(device, no_org), &root),
        signed(&about(device, ORG), &stranger),
        SignedRevocation::new(&newer, good.signature),
        SignedRevocation::new(manifest.manifest.as_bytes(), manifest.signature),
        SignedRevocation::new(&[], good.signature),
        SignedRevocation {
            notice: "no base64url!".into(),
            ..good.clone()
        },
    ];
    for notice in forged {
        server.memory().notice_override = Some(notice.clone());
        let trouble = gate.sync_trouble().await;
        assert_eq!(trouble, "unproven_revocation", "{notice:?}");
    }
    goes_on(&gate, &server, 1).await;
    server.memory().notice_override = Some(good);
    assert_eq!(gate.sync_trouble().await, "device_revoked");
    assert_eq!(gate.status().await.list.unwrap().tickets, 0);
}

#[tokio::test]
async fn a_revoked_gate_is_enrolled_anew_once_the_server_has_all_that_it_holds() {
    let (server, gate) = with_two_tickets().await;
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    server.set(Mode::Good);
    let code = server.enrolment_code();
    let enrol = async || gate.controller.enrol(&code, "North 2").await;
    let refused = enrol().await.unwrap_err();
    assert_eq!(refused.code, ControllerErrorCode::AlreadyEnrolled);
    server.memory().devices[0].revoked = true;
    server.memory().refuse_revoked = true;
    assert_eq!(gate.sync_trouble().await, "device_revoked");
    let refused = enrol().await.unwrap_err();
    assert_eq!(refused.code, ControllerErrorCode::Unsent);
    assert!(refused.message.contains("holds 1 record"), "{refused}");
    assert_eq!(server.memory().devices.len(), 1, "the code is not used up");
    server.memory().refuse_revoked = false;
    assert_eq!(gate.sync_trouble().await, "device_revoked");

    let enrolled = enrol().await.unwrap();
    assert_eq!(enrolled.device, server.memory().devices[1].id);
    let status = gate.status().await;
    assert_eq!((status.link, status.chosen), (Link::NotYet, None));
    assert_eq!((status.scans_logged, status.scans_waiting), (0, 0));
    assert_eq!(status.enrolled, Some(enrolled));
    gate.sync().await;
    let at = Some(GateId(1));
    let chosen = gate.controller.choose(EVENT, at, Direction::Entry);
    chosen.await.unwrap();
    gate.admits(&server.digits(2)).await;
    gate.sync().await;
    let (old, new) = {
        let memory = server.memory();
        let records = |device: usize| memory.devices[device].records.clone();
        (records(0), records(1))
    };
    assert_eq!(old.len(), 1, "what the old one sent stays at the server");
    let first = Record::from_bytes(&new[&1]).unwrap();
    assert_eq!(first.device, server.memory().devices[1].id);
    let restarted = gate.copy().await;
    assert_eq!(restarted.status().await.scans_logged, 1);
}

#[tokio::test]
async fn a_server_that_only_says_that_it_has_the_records_does_not_make_room_for_a_new_enrolment() {
    let (server, gate) = with_two_tickets().await;
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    server.set(Mode::Good);
    server.memory().forge_receipts = true;
    server.memory().devices[0].revoked = true;
    assert_eq!(gate.sync_trouble().await, "device_revoked");
    assert_eq!(gate.status().await.scans_waiting, 0);
    let code = server.enrolment_code();
    let refused = gate.controller.enrol(&code, "North 2").await.unwrap_err();
    assert_eq!(refused.code, ControllerErrorCode::Unsent);
}

#[tokio::test]
async fn what_a_revoked_device_sends_is_set_aside_and_said_so() {
    let (server, gate) = with_two_tickets().await;
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    server.set(Mode::Good);
    server.memory().devices[0].revoked = true;
    assert_eq!(gate.sync_trouble().await, "device_revoked");
    let status = gate.status().await;
    assert_eq!((status.scans_waiting, status.scans_quarantined), (0, 1));
}

#[tokio::test]
async fn the_name_given_with_the_code_is_the_devices_name() {
    let server = Server::start().await;
    server.memory().device_name = Some("East 7".into());
    let gate = Gate::enrolled(&server).await;
    assert_eq!(gate.status().await.enrolled.unwrap().name, "East 7");
}

#[tokio::test]
async fn a_device_that_the_server_does_not_know_goes_on_scanning() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    server.memory().devices[0].id = DeviceId(Uuid::nil());
    assert_eq!(gate.sync_trouble().await, "not_authenticated");
    gate.admits(&server.digits(1)).await;
    assert_eq!(gate.status().await.scans_waiting, 1);
}
