//! The words that staff read with an answer. Short, said aloud to a guest, with
//! times as the clocks at the event show them.

use crate::rules::EventRules;
use gateline_common::decision::{Admission, Answer, Refusal};
use gateline_common::ids::{DeviceId, GateId};
use gateline_common::sync::Manifest;
use gateline_common::time::Timestamp;

/// What staff read: one line. Gates and rules are named from `rules`, devices
/// from `manifest`.
#[must_use]
pub fn words(answer: &Answer, rules: &EventRules, manifest: &Manifest) -> String {
    match answer {
        Answer::Admit(Admission::Entry) => "Welcome".into(),
        Answer::Admit(Admission::ReEntry) => "Welcome back".into(),
        Answer::Admit(Admission::Exit) => "Goodbye".into(),
        Answer::Admit(Admission::Unlisted) => "Welcome (genuine, not on the list yet)".into(),
        Answer::Refuse(refusal) => refusal_words(refusal, rules, manifest),
    }
}

fn refusal_words(refusal: &Refusal, rules: &EventRules, manifest: &Manifest) -> String {
    match refusal {
        Refusal::Malformed => "Not a ticket, or damaged".into(),
        Refusal::BadSignature => "Not genuine".into(),
        Refusal::UnknownKey => {
            "Signed with a key that this scanner does not know: sync first".into()
        }
        Refusal::WrongEvent {
            title: Some(title), ..
        } => format!("For another event: {title}"),
        Refusal::WrongEvent { title: None, .. } => "For another event".into(),
        Refusal::NotListed => "Not on the list".into(),
        Refusal::Superseded => "This ticket has a new owner, the code is void".into(),
        Refusal::Cancelled if rules.is_cancelled() => "The event was cancelled".into(),
        Refusal::Cancelled => "The ticket was cancelled".into(),
        Refusal::Refunded => "The ticket was refunded".into(),
        Refusal::Blocked => "The ticket is blocked".into(),
        Refusal::NotYetValid { from } => format!("Not valid before {}", clock_time(rules, *from)),
        Refusal::NoLongerValid { until } => {
            format!("Not valid after {}", clock_time(rules, *until))
        }
        Refusal::WrongGate { gates } => wrong_gate(gates, rules),
        Refusal::WrongTicketType => "This type of ticket is not admitted here".into(),
        Refusal::Rule { name, .. } => name.clone(),
        Refusal::AlreadyAdmitted { at, gate, device } => {
            let gate = gate.and_then(|gate| rules.gate(gate));
            let at_gate = gate
                .map(|gate| format!(", {}", gate.name))
                .unwrap_or_default();
            let device = device_name(manifest, *device);
            format!(
                "Already admitted at {}{at_gate}, by {device}",
                clock_time(rules, *at)
            )
        }
        Refusal::NotInside => "Was not scanned in".into(),
        Refusal::StaleRotatingCode => "Not the live code".into(),
    }
}

fn wrong_gate(gates: &[GateId], rules: &EventRules) -> String {
    let names: Vec<&str> = gates
        .iter()
        .filter_map(|gate| rules.gate(*gate))
        .map(|gate| gate.name.as_str())
        .collect();
    if names.is_empty() {
        return "Not at this gate".into();
    }
    format!("Not at this gate, but at {}", list(&names))
}

fn device_name(manifest: &Manifest, device: DeviceId) -> String {
    manifest
        .devices
        .iter()
        .find(|(id, _)| *id == device)
        .map_or_else(|| "another scanner".to_owned(), |(_, name)| name.clone())
}

/// A point in time as the clocks at the event show it.
pub(crate) fn clock_time(rules: &EventRules, at: Timestamp) -> String {
    rules
        .local(at)
        .strftime("%H:%M:%S on %-d %b %Y")
        .to_string()
}

/// "a, b or c".
pub(crate) fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [before @ .., last] => format!("{} or {last}", before.join(", ")),
    }
}
