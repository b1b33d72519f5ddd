//! An event that was called off.

use crate::fixtures::{self, MINUTE, NORTH, SIX, device, key, serial};
use gateline_admission::{
    Context, Decision, NextStep, NobodyCounted, OverrideRefused, Presented, decide, words,
};
use gateline_common::catalog::OverridePolicy;
use gateline_common::decision::{Admission, Answer, Direction, Passage, Refusal};
use gateline_common::ids::Epoch;
use gateline_common::sync::{EventManifest, KeyState, ListedTicket, Override};
use ticket_crypto::issue;

const CANCELLED: Answer = Answer::Refuse(Refusal::Cancelled);

fn cancelled() -> EventManifest {
    let mut event = fixtures::event();
    event.cancelled = true;
    event
}

fn decided(
    event: &EventManifest,
    epoch: u16,
    listed: Option<&ListedTicket>,
    direction: Direction,
    waive: Option<&Refusal>,
) -> Decision {
    let code = issue(&key(1), &fixtures::claims(serial(1), epoch));
    let before = Passage {
        at: SIX.plus_ms(-MINUTE),
        device: device(1),
        seq: 1,
        gate: Some(NORTH),
        direction: Direction::Entry,
    };
    let context = Context {
        now: SIX,
        device: device(0),
        gate: Some(NORTH),
        direction,
        highest_epoch: None,
        occupancy: &NobodyCounted,
        proof_used: false,
        waive,
    };
    let (rules, manifest) = (fixtures::rules(event), fixtures::manifest(event));
    let history = match direction {
        Direction::Entry => vec![],
        Direction::Exit => vec![before],
    };
    let presented = Presented::Code(&code);
    decide(&rules, &manifest, &presented, listed, &history, &context)
}

#[test]
fn every_genuine_code_is_refused_as_cancelled_listed_or_not() {
    let mut strict = cancelled();
    strict.policy.admit_unlisted = false;
    let mut leaked = cancelled();
    leaked.keys[0].state = KeyState::Compromised;
    let newer = ListedTicket {
        epoch: Epoch(3),
        ..fixtures::listed()
    };
    let entry = Direction::Entry;
    for event in [cancelled(), strict, leaked] {
        for listed in [None, Some(&fixtures::listed()), Some(&newer)] {
            assert_eq!(decided(&event, 0, listed, entry, None).answer, CANCELLED);
        }
    }
}

#[test]
fn who_is_inside_can_leave() {
    let listed = fixtures::listed();
    let left = decided(&cancelled(), 0, Some(&listed), Direction::Exit, None);
    assert_eq!(left.answer, Answer::Admit(Admission::Exit));
}

#[test]
fn no_override_helps() {
    let listed = fixtures::listed();
    let waived = Some(&Refusal::Cancelled);
    let decision = decided(&cancelled(), 0, Some(&listed), Direction::Entry, waived);
    assert_eq!(decision.answer, CANCELLED);
    let offered = |step: &NextStep| matches!(step, NextStep::Override { .. });
    assert!(!decision.next.iter().any(offered));
    let given = Override {
        waived: CANCELLED,
        reason: "came from afar".into(),
        supervised: true,
    };
    let on = fixtures::rules(&fixtures::event());
    assert_eq!(on.policy().overrides, OverridePolicy::Reason);
    assert_eq!(on.accept_override(&given), Ok(()));
    let off = fixtures::rules(&cancelled());
    let refused = off.accept_override(&given);
    assert_eq!(refused, Err(OverrideRefused::NotWaivable));
}

#[test]
fn staff_read_that_the_event_is_off_and_what_to_say() {
    let event = cancelled();
    let (rules, manifest) = (fixtures::rules(&event), fixtures::manifest(&event));
    assert_eq!(
        words(&CANCELLED, &rules, &manifest),
        "The event was cancelled"
    );
    let decision = decided(&event, 0, None, Direction::Entry, None);
    assert_eq!(
        decision.next,
        [NextStep::ReferToOrganizer, NextStep::HelpDesk]
    );
    assert!(decision.next[0].words(&rules).contains("e-mail"));
    let on = fixtures::rules(&fixtures::event());
    assert_eq!(
        words(&CANCELLED, &on, &manifest),
        "The ticket was cancelled"
    );
}

#[test]
fn a_manifest_that_does_not_say_so_is_of_an_event_that_is_on() {
    let mut json = serde_json::to_value(fixtures::event()).unwrap();
    assert_eq!(json["cancelled"], false);
    json.as_object_mut().unwrap().remove("cancelled");
    let read: EventManifest = serde_json::from_value(json).unwrap();
    assert_eq!(read, fixtures::event());
}
