//! What an organizer may not enter.

use crate::fixtures::{SIX, event};
use gateline_admission::{EventRules, RulesError};
use gateline_common::catalog::{Condition, EntryRule, Zone};
use gateline_common::ids::{GateId, RuleId, TicketTypeId, ZoneId};
use gateline_common::sync::EventManifest;

fn error(change: impl FnOnce(&mut EventManifest)) -> RulesError {
    let mut event = event();
    change(&mut event);
    EventRules::compile(&event).unwrap_err()
}

fn condition_error(condition: Condition) -> RulesError {
    error(|event| {
        event.rules.push(EntryRule {
            id: RuleId(1),
            name: "Rule".into(),
            ticket_types: Vec::new(),
            condition,
        });
    })
}

fn zone(id: u16, parent: Option<u16>) -> Zone {
    let parent = parent.map(ZoneId);
    Zone {
        id: ZoneId(id),
        name: format!("Zone {id}"),
        parent,
        capacity: None,
    }
}

#[test]
fn time_zones_that_do_not_exist_are_refused() {
    let refused = error(|event| event.timezone = "Europe/Atlantis".into());
    assert_eq!(refused, RulesError::TimeZone("Europe/Atlantis".into()));
}

#[test]
fn names_of_what_does_not_exist_are_refused() {
    for refused in [
        error(|event| event.gates[0].zone = Some(ZoneId(9))),
        error(|event| event.ticket_types[0].admission.gates.push(GateId(9))),
        error(|event| event.zones.push(zone(1, Some(9)))),
        condition_error(Condition::GateIn(vec![GateId(9)])),
        condition_error(Condition::Not(Box::new(Condition::TypeIn(vec![
            TicketTypeId(9),
        ])))),
    ] {
        assert!(matches!(refused, RulesError::Unknown { .. }), "{refused}");
    }
}

#[test]
fn two_of_a_kind_with_one_id_are_refused() {
    let refused = error(|event| event.gates[1].id = event.gates[0].id);
    assert!(matches!(refused, RulesError::Twice { kind: "gate", .. }));
}

#[test]
fn zones_inside_themselves_are_refused() {
    let refused = error(|event| event.zones = vec![zone(1, Some(1))]);
    assert_eq!(refused, RulesError::ZoneCycle(ZoneId(1)));
    let around = error(|event| {
        event.zones = vec![zone(1, Some(2)), zone(2, Some(3)), zone(3, Some(2))];
    });
    assert_eq!(around, RulesError::ZoneCycle(ZoneId(2)));
}

#[test]
fn empty_ranges_and_times_that_no_clock_shows_are_refused() {
    for refused in [
        error(|event| {
            event.policy.doors_open = Some(SIX);
            event.policy.doors_close = Some(SIX);
        }),
        condition_error(Condition::Between(SIX, SIX)),
        condition_error(Condition::TimeOfDay(600, 600)),
    ] {
        assert!(matches!(refused, RulesError::EmptyRange(_)), "{refused}");
    }
    for refused in [
        condition_error(Condition::TimeOfDay(600, 1441)),
        condition_error(Condition::Weekday(vec![0])),
        condition_error(Condition::Weekday(vec![8])),
    ] {
        assert!(matches!(refused, RulesError::OutOfRange(_)), "{refused}");
    }
}

#[test]
fn conditions_nested_without_end_and_names_of_nothing_are_refused() {
    let deep = (0..20).fold(Condition::All(Vec::new()), |inner, _| {
        Condition::All(vec![inner])
    });
    assert_eq!(condition_error(deep), RulesError::TooDeep("Rule".into()));
    assert_eq!(
        error(|event| event.gates[0].name = "  ".into()),
        RulesError::NoName
    );
}

#[test]
fn keys_that_nothing_verifies_under_are_refused() {
    let refused = error(|event| event.keys[0].key.0 = [0; 32]);
    assert_eq!(refused, RulesError::Key(1));
}
