//! The words that staff read, and what they may do next.

use crate::fixtures::{self, NORTH, SIX, SOUTH, device};
use gateline_admission::{NextStep, supervisor_pin_hash, words};
use gateline_common::decision::{Admission, Answer, Refusal};
use gateline_common::ids::EventId;

fn told(refusal: Refusal) -> String {
    let event = fixtures::event();
    words(
        &Answer::Refuse(refusal),
        &fixtures::rules(&event),
        &fixtures::manifest(&event),
    )
}

#[test]
fn a_second_entry_names_time_gate_and_device_of_the_first_by_the_clocks_at_the_event() {
    let refusal = |number| Refusal::AlreadyAdmitted {
        at: SIX,
        gate: Some(SOUTH),
        device: device(number),
    };
    assert_eq!(
        told(refusal(0)),
        "Already admitted at 18:00:00 on 12 Jun 2027, South, by Tablet 0"
    );
    assert!(told(refusal(5)).ends_with("by another scanner"));
}

#[test]
fn other_refusals_say_what_is_wrong_in_one_line() {
    assert_eq!(
        told(Refusal::WrongGate {
            gates: vec![NORTH, SOUTH]
        }),
        "Not at this gate, but at North or South"
    );
    let ball = Refusal::WrongEvent {
        event: EventId(1),
        title: Some("Winter Ball".into()),
    };
    assert_eq!(told(ball), "For another event: Winter Ball");
    assert_eq!(
        told(Refusal::Rule {
            rule: None,
            name: "Crew only".into()
        }),
        "Crew only"
    );
    assert_eq!(
        told(Refusal::NotYetValid { from: SIX }),
        "Not valid before 18:00:00 on 12 Jun 2027"
    );
}

#[test]
fn admissions_greet() {
    let event = fixtures::event();
    let (rules, manifest) = (fixtures::rules(&event), fixtures::manifest(&event));
    let told = |admission| words(&Answer::Admit(admission), &rules, &manifest);
    assert_eq!(told(Admission::Entry), "Welcome");
    assert_eq!(told(Admission::ReEntry), "Welcome back");
    assert_eq!(told(Admission::Exit), "Goodbye");
    assert!(told(Admission::Unlisted).contains("not on the list"));
}

#[test]
fn next_steps_are_said_with_the_names_of_gates() {
    let rules = fixtures::rules(&fixtures::event());
    assert_eq!(
        NextStep::SendToGate(vec![SOUTH]).words(&rules),
        "Send to South"
    );
    assert!(
        NextStep::Override { pin: true }
            .words(&rules)
            .contains("PIN")
    );
}

#[test]
fn the_supervisors_pin_is_known_by_its_hash_and_another_events_is_not() {
    let mut event = fixtures::event();
    assert!(!fixtures::rules(&event).is_supervisor_pin("4711"));
    event.supervisor_pin = Some(supervisor_pin_hash(event.event, "4711"));
    let rules = fixtures::rules(&event);
    assert!(rules.is_supervisor_pin("4711"));
    assert!(!rules.is_supervisor_pin("0000"));
    assert_ne!(
        supervisor_pin_hash(EventId(1), "4711"),
        supervisor_pin_hash(EventId(2), "4711")
    );
}
