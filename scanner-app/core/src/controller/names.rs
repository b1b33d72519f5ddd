//! What an answer speaks of, for screens that say it in their own language.

use super::show::gate_name;
use super::shown::{Limit, Names, Step};
use crate::store::Known;
use gateline_admission::{BuiltInRule, NextStep};
use gateline_common::decision::{Answer, Refusal};
use gateline_common::ids::{EventId, GateId};

/// The names in `answer` as `known` has them.
pub(super) fn names(answer: &Answer, known: &Known, event: EventId) -> Names {
    let gates = |gates: &[GateId]| {
        let named = gates
            .iter()
            .filter_map(|gate| gate_name(known, event, Some(*gate)));
        named.collect()
    };
    let mut names = Names {
        event_is_off: known
            .rules(event)
            .is_some_and(gateline_admission::EventRules::is_cancelled),
        ..Names::default()
    };
    match answer {
        Answer::Refuse(Refusal::WrongGate { gates: takes }) => names.gates = gates(takes),
        Answer::Refuse(Refusal::AlreadyAdmitted { gate, device, .. }) => {
            names.gates = gates(gate.as_slice());
            names.device = known.device_name(*device).map(str::to_owned);
        }
        Answer::Refuse(Refusal::Rule { rule: None, name }) => {
            names.limit = BuiltInRule::named(name).map(limit);
        }
        _ => {}
    }
    names
}

fn limit(rule: BuiltInRule) -> Limit {
    match rule {
        BuiltInRule::FirstThrough(zone) => Limit::FirstThrough { zone },
        BuiltInRule::EntriesInAll(most) => Limit::EntriesInAll { most },
        BuiltInRule::EntriesADay(most) => Limit::EntriesADay { most },
        BuiltInRule::Full(place) => Limit::Full { place },
    }
}

impl From<&NextStep> for Step {
    fn from(step: &NextStep) -> Self {
        match step {
            NextStep::ReadNote(_) => Self::ReadNote,
            NextStep::ScanAgain => Self::ScanAgain,
            NextStep::SyncFirst => Self::SyncFirst,
            NextStep::Search => Self::Search,
            NextStep::AskForCurrentCode => Self::AskForCurrentCode,
            NextStep::AskForLiveCode => Self::AskForLiveCode,
            NextStep::SendToGate(_) => Self::SendToGate,
            NextStep::ComeBackAt(at) => Self::ComeBackAt { at: *at },
            NextStep::CheckDirection => Self::CheckDirection,
            NextStep::ReferToOrganizer => Self::ReferToOrganizer,
            NextStep::HelpDesk => Self::HelpDesk,
            NextStep::Override { pin } => Self::Override { pin: *pin },
        }
    }
}
