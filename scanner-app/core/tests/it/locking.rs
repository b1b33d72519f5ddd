//! The lock and the preferences: what a device keeps beside its enrolment.

use crate::support::{EVENT, Gate, Mode, Server, listed};
use gateline_admission::supervisor_pin_hash;
use gateline_common::decision::Direction;
use gateline_common::ids::{GateId, Serial};
use gateline_scanner::controller::{
    CameraPreference, ControllerErrorCode as Code, Language, Preferences, Settings, Theme,
};

async fn with_pin(server: &Server, pin: &str) -> Gate {
    let gate = Gate::enrolled(server).await;
    gate.sync().await;
    gate.controller.set_lock_pin(None, Some(pin)).await.unwrap();
    gate
}

#[tokio::test]
async fn a_locked_gate_answers_nothing_until_its_pin_is_given_and_syncs_meanwhile() {
    let server = Server::start().await;
    server.list(1, listed("Ada Byron"));
    let gate = with_pin(&server, "2468").await;
    server.set(Mode::Failing);
    gate.admits(&server.digits(1)).await;
    server.set(Mode::Good);
    gate.controller.lock().await.unwrap();
    let status = gate.status().await;
    assert!(status.locked && status.lock_pin_set);
    let it = &gate.controller;
    let (text, codes) = (server.digits(2), [server.digits(2)]);
    let north = Some(GateId(1));
    let answers = [
        it.scan_text(&text).await.err(),
        it.scan_codes(&codes).await.err(),
        it.info(&text).await.err(),
        it.search("ada").await.err(),
        it.admit_listed(Serial::truncate(1)).await.err(),
        it.override_last("why", Some("1")).await.err(),
        it.undo_last().await.err(),
        it.events().await.err(),
        it.choose(EVENT, north, Direction::Entry).await.err(),
        it.history(None, 1).await.err(),
        it.figures().await.err(),
        it.set_preferences(Preferences::default()).await.err(),
        it.set_lock_pin(Some("2468"), None).await.err(),
        it.enrol(&server.enrolment_code(), "x").await.err(),
    ];
    for (number, error) in answers.into_iter().enumerate() {
        let code = error.map(|error| error.code);
        assert_eq!(code, Some(Code::Locked), "number {number}");
    }
    assert!(it.preferences().await.is_ok());
    gate.sync().await;
    assert_eq!(server.scans().len(), 1);
    let wrong = it.unlock("2469").await.unwrap_err();
    assert_eq!(wrong.code, Code::WrongPin);
    assert!(gate.status().await.locked);
    it.unlock("2468").await.unwrap();
    gate.admits(&text).await;
}

#[tokio::test]
async fn a_locked_gate_that_is_started_again_is_locked() {
    let server = Server::start().await;
    let gate = with_pin(&server, "2468").await;
    gate.controller.lock().await.unwrap();
    gate.controller.shut().await;
    let gate = gate.reopened().await;
    let error = gate.controller.scan_text("1").await.unwrap_err();
    assert_eq!(error.code, Code::Locked);
    gate.controller.unlock("2468").await.unwrap();
    gate.controller.shut().await;
    let gate = gate.reopened().await;
    gate.admits(&server.digits(1)).await;
}

#[tokio::test]
async fn after_some_wrong_pins_the_right_one_waits_too() {
    let server = Server::start().await;
    let gate = with_pin(&server, "2468").await;
    gate.controller.lock().await.unwrap();
    for _ in 0..5 {
        gate.controller.unlock("0000").await.unwrap_err();
    }
    let waits = gate.controller.unlock("2468").await.unwrap_err();
    assert_eq!(waits.code, Code::WrongPin);
    let checked = gate.controller.check_supervisor("2468").await.unwrap_err();
    assert_eq!(checked.code, Code::WrongPin);
    gate.clock.advance(30_000);
    gate.controller.unlock("2468").await.unwrap();
}

#[tokio::test]
async fn the_supervisors_pin_of_the_event_unlocks_too() {
    let server = Server::start().await;
    server
        .memory()
        .world
        .change(|event| event.supervisor_pin = Some(supervisor_pin_hash(EVENT, "1357")));
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    gate.controller.lock().await.unwrap();
    let wrong = gate.controller.unlock("2468").await.unwrap_err();
    assert_eq!(wrong.code, Code::WrongPin);
    gate.controller.check_supervisor("1357").await.unwrap();
    assert!(gate.status().await.locked);
    gate.controller.unlock("1357").await.unwrap();
    assert!(!gate.status().await.locked);
}

#[tokio::test]
async fn a_pin_is_changed_by_who_knows_it_and_nothing_locks_without_one() {
    let server = Server::start().await;
    let gate = Gate::enrolled(&server).await;
    let it = &gate.controller;
    assert_eq!(it.lock().await.unwrap_err().code, Code::NoPin);
    for bad in ["123", "1234567890123", "12a4"] {
        let error = it.set_lock_pin(None, Some(bad)).await.unwrap_err();
        assert_eq!(error.code, Code::BadPin);
    }
    it.set_lock_pin(None, Some("2468")).await.unwrap();
    for old in [None, Some("1111")] {
        let error = it.set_lock_pin(old, Some("1357")).await.unwrap_err();
        assert_eq!(error.code, Code::WrongPin);
    }
    it.set_lock_pin(Some("2468"), Some("1357")).await.unwrap();
    it.check_supervisor("1357").await.unwrap();
    it.set_lock_pin(Some("1357"), None).await.unwrap();
    assert!(!gate.status().await.lock_pin_set);
}

#[tokio::test]
async fn a_kiosk_that_is_started_again_is_a_kiosk() {
    let gate = Gate::fresh(Settings::default()).await;
    gate.controller.keep_kiosk(true).await.unwrap();
    gate.controller
        .set_lock_pin(None, Some("2468"))
        .await
        .unwrap();
    gate.controller.shut().await;
    let gate = gate.reopened().await;
    assert!(gate.controller.is_kiosk().await.unwrap());
    gate.controller.keep_kiosk(false).await.unwrap();
    assert!(!gate.controller.is_kiosk().await.unwrap());
    gate.controller.check_supervisor("2468").await.unwrap();
}

#[tokio::test]
async fn preferences_are_kept_before_the_enrolment_and_after_a_revocation() {
    let gate = Gate::fresh(Settings::default()).await;
    let it = &gate.controller;
    assert_eq!(it.preferences().await.unwrap(), Preferences::default());
    let mine = Preferences {
        language: Some(Language::De),
        theme: Theme::Dark,
        camera: CameraPreference::Index { index: 1 },
        list_old_minutes: 2,
        ..Preferences::default()
    };
    it.set_preferences(mine.clone()).await.unwrap();
    let server = Server::start().await;
    it.enrol(&server.enrolment_code(), "North 1").await.unwrap();
    gate.sync().await;
    server.memory().devices[0].revoked = true;
    gate.sync().await;
    it.enrol(&server.enrolment_code(), "North 2").await.unwrap();
    it.shut().await;
    let gate = gate.reopened().await;
    assert_eq!(gate.controller.preferences().await.unwrap(), mine);
    let loud = Preferences {
        volume: 101,
        ..Preferences::default()
    };
    let error = gate.controller.set_preferences(loud).await.unwrap_err();
    assert_eq!(error.code, Code::OutOfBounds);
    assert_eq!(gate.controller.preferences().await.unwrap(), mine);
}

#[tokio::test]
async fn when_the_chosen_event_is_gone_not_any_pin_unlocks_but_another_events() {
    let server = Server::start().await;
    for event in &mut server.memory().world.manifest.events {
        event.supervisor_pin = Some(supervisor_pin_hash(event.event, "1357"));
    }
    let gate = Gate::enrolled(&server).await;
    gate.sync().await;
    gate.controller.lock().await.unwrap();
    {
        let world = &mut server.memory().world;
        world.manifest.version += 1;
        world.manifest.events.remove(0);
    }
    gate.sync().await;
    let wrong = gate.controller.unlock("0000").await.unwrap_err();
    assert_eq!(wrong.code, Code::WrongPin);
    gate.controller.unlock("1357").await.unwrap();
}
