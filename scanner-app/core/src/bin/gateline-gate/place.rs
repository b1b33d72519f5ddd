//! Where the gate stands: the event and the gate that the arguments name, by
//! number or by name.

use crate::args::Place;
use crate::output::note;
use gateline_common::decision::Direction;
use gateline_scanner::controller::{
    Chosen, Controller, ControllerError, ControllerErrorCode, EventShown, GateShown,
    GuiIntegration, Link,
};

/// Sets the gate as [`choose`] does, to let people in: says where it stands, and
/// refuses to stand at none of an event's gates.
pub(crate) async fn open<I: GuiIntegration>(
    gate: &Controller<I>,
    place: &Place,
) -> Result<(), ControllerError> {
    let Some(chosen) = set(gate, place, true).await? else {
        return Ok(());
    };
    let way = match chosen.direction {
        Direction::Entry => "entry",
        Direction::Exit => "exit",
    };
    let at = match chosen.gate_name {
        Some(name) => name,
        None => "no gates".to_owned(),
    };
    note(&format!("{}: {at}, {way}", chosen.title));
    Ok(())
}

/// Sets the gate where the arguments say; what is left out stays as it was.
pub(crate) async fn choose<I: GuiIntegration>(
    gate: &Controller<I>,
    place: &Place,
) -> Result<(), ControllerError> {
    set(gate, place, false).await.map(drop)
}

/// Where the gate stands now. `None` for a revoked device, which
/// stands nowhere: what it is asked next says so.
async fn set<I: GuiIntegration>(
    gate: &Controller<I>,
    place: &Place,
    needs_gate: bool,
) -> Result<Option<Chosen>, ControllerError> {
    let status = gate.status().await?;
    if status.link == Link::Revoked {
        return Ok(None);
    }
    let before = status.chosen;
    let events = gate.events().await?;
    let event = match (&place.event, &before) {
        (Some(wanted), _) => find_event(&events, wanted)?,
        (None, Some(before)) => find_event(&events, &before.event.to_string())?,
        (None, None) => match events.as_slice() {
            [only] => only,
            [] => {
                return Err(missing(
                    "the organizer has no event open for check-in yet; sync later",
                ));
            }
            _ => {
                return Err(missing(&list(
                    "choose an event with --event",
                    &titles(&events),
                )));
            }
        },
    };
    let same_event = before.as_ref().filter(|before| before.event == event.event);
    let gate_number = match &place.gate {
        Some(wanted) => Some(find_gate(&event.gates, wanted)?.gate),
        None => same_event.and_then(|before| before.gate),
    };
    if needs_gate && gate_number.is_none() && !event.gates.is_empty() {
        let names = list("choose a gate with --gate", &names(&event.gates));
        return Err(ControllerError {
            code: ControllerErrorCode::NoGate,
            message: names,
        });
    }
    let direction = match place.direction {
        Some(way) => way.into(),
        None => same_event.map_or(Direction::Entry, |before| before.direction),
    };
    let chosen = gate.choose(event.event, gate_number, direction).await?;
    Ok(Some(chosen))
}

fn find_event<'a>(
    events: &'a [EventShown],
    wanted: &str,
) -> Result<&'a EventShown, ControllerError> {
    let matches = |event: &&EventShown| {
        event.event.to_string() == wanted || event.title.eq_ignore_ascii_case(wanted)
    };
    let found = events.iter().find(matches);
    found.ok_or_else(|| unknown("there is no such event; there are", &titles(events)))
}

fn find_gate<'a>(gates: &'a [GateShown], wanted: &str) -> Result<&'a GateShown, ControllerError> {
    let by_number = gates.iter().find(|gate| gate.gate.to_string() == wanted);
    let by_name = || {
        let mut gates = gates.iter();
        gates.find(|gate| gate.name.eq_ignore_ascii_case(wanted))
    };
    by_number.or_else(by_name).ok_or_else(|| {
        if gates.is_empty() {
            unknown("this event has no gates; leave --gate out", &[])
        } else {
            unknown("there is no such gate; there are", &names(gates))
        }
    })
}

fn titles(events: &[EventShown]) -> Vec<String> {
    let title = |event: &EventShown| format!("{} ({})", event.event, event.title);
    events.iter().map(title).collect()
}

fn names(gates: &[GateShown]) -> Vec<String> {
    let name = |gate: &GateShown| format!("{} ({})", gate.gate, gate.name);
    gates.iter().map(name).collect()
}

fn list(what: &str, choices: &[String]) -> String {
    match choices {
        [] => what.to_owned(),
        _ => format!("{what}: {}", choices.join(", ")),
    }
}

fn unknown(what: &str, choices: &[String]) -> ControllerError {
    ControllerError {
        code: ControllerErrorCode::UnknownPlace,
        message: list(what, choices),
    }
}

/// Nothing was chosen, and there is more or less than one to choose from.
fn missing(message: &str) -> ControllerError {
    ControllerError {
        code: ControllerErrorCode::NoEvent,
        message: message.to_owned(),
    }
}
