//! What an answer speaks of, for screens that say it in their own language.

use super::show::gate_name;
use crate::store::Known;
use gateline_admission::{BuiltInRule, NextStep};
use gateline_common::Timestamp;
use gateline_common::decision::{Answer, Refusal};
use gateline_common::ids::{EventId, GateId};
use serde::{Deserialize, Serialize};

/// What an answer speaks of, by the names that staff know: with it a screen can
/// say the answer in its own language.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Names {
    /// Gates that take the ticket, or through which it was admitted.
    pub gates: Vec<String>,
    /// The device that admitted it before.
    pub device: Option<String>,
    /// The limit that was reached, when no rule of the organizer's said no.
    pub limit: Option<Limit>,
    /// The whole event is off.
    pub event_is_off: bool,
}

/// A limit that every event can have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Limit {
    /// First through the entrance of the zone around.
    FirstThrough {
        /// That zone.
        zone: String,
    },
    /// Entries on one ticket.
    EntriesInAll {
        /// How many there may be.
        most: u16,
    },
    /// Entries on one ticket in a day.
    EntriesADay {
        /// How many there may be.
        most: u16,
    },
    /// No more people fit in.
    Full {
        /// The zone or the event.
        place: String,
    },
}

/// What staff may do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "step", rename_all = "snake_case")]
pub enum Step {
    /// Read the attention note of the ticket.
    ReadNote,
    /// Scan the code once more.
    ScanAgain,
    /// Let the scanner sync, then scan again.
    SyncFirst,
    /// Find the guest in the list.
    Search,
    /// Ask for the code in the buyer's account.
    AskForCurrentCode,
    /// Ask the guest to open the ticket on the phone.
    AskForLiveCode,
    /// Send the guest to one of the gates in [`Names`].
    SendToGate,
    /// Come back later.
    ComeBackAt {
        /// From then on.
        at: Timestamp,
    },
    /// Check whether the scanner is set to entry or exit.
    CheckDirection,
    /// The buyer hears from the organizer.
    ReferToOrganizer,
    /// Send the guest to the help desk.
    HelpDesk,
    /// Override this one reason.
    Override {
        /// Is the supervisor's PIN asked for?
        pin: bool,
    },
}

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
