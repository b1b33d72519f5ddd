//! What staff may do after an answer.

use crate::rules::EventRules;
use crate::words::{clock_time, list};
use gateline_common::catalog::OverridePolicy;
use gateline_common::decision::Refusal;
use gateline_common::ids::GateId;
use gateline_common::sync::ListedTicket;
use gateline_common::time::Timestamp;

/// What staff may do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NextStep {
    /// Read the attention note of the ticket.
    ReadNote(String),
    /// Scan the code once more, cleaner or larger.
    ScanAgain,
    /// Let the scanner sync, then scan again.
    SyncFirst,
    /// Find the guest in the list by name, serial or order code.
    Search,
    /// Ask for the code in the buyer's account: this one is an older owner's.
    AskForCurrentCode,
    /// Ask the guest to open the ticket on the phone; a picture does not do.
    AskForLiveCode,
    /// Send the guest to one of these gates.
    SendToGate(Vec<GateId>),
    /// Come back from then on.
    ComeBackAt(Timestamp),
    /// Switch the scanner to entry: the guest was never scanned in.
    CheckDirection,
    /// The event is off: the buyer hears from the organizer what comes back.
    ReferToOrganizer,
    /// Send the guest to the help desk.
    HelpDesk,
    /// Override this one reason.
    Override {
        /// Is the supervisor's PIN asked for?
        pin: bool,
    },
}

impl NextStep {
    /// What staff read.
    #[must_use]
    pub fn words(&self, rules: &EventRules) -> String {
        match self {
            Self::ReadNote(note) => format!("Note: {note}"),
            Self::ScanAgain => "Scan the code again".into(),
            Self::SyncFirst => "Sync, then scan again".into(),
            Self::Search => "Search the list by name or order code".into(),
            Self::AskForCurrentCode => "Ask for the current owner's ticket".into(),
            Self::AskForLiveCode => "Ask the guest to open the ticket on the phone".into(),
            Self::SendToGate(gates) => {
                let names = gates.iter().filter_map(|gate| rules.gate(*gate));
                let names: Vec<&str> = names.map(|gate| gate.name.as_str()).collect();
                format!("Send to {}", list(&names))
            }
            Self::ComeBackAt(at) => format!("Come back at {}", clock_time(rules, *at)),
            Self::CheckDirection => "Check whether the scanner is set to entry or exit".into(),
            Self::ReferToOrganizer => {
                "Let nobody in. What was paid goes back to the buyer, who is told by e-mail".into()
            }
            Self::HelpDesk => "Send to the help desk".into(),
            Self::Override { pin: false } => "Override, with a reason".into(),
            Self::Override { pin: true } => "Override, with a reason and the PIN".into(),
        }
    }
}

pub(crate) fn after_admission(listed: Option<&ListedTicket>) -> Vec<NextStep> {
    let note = listed.and_then(|listed| listed.note.clone());
    note.into_iter().map(NextStep::ReadNote).collect()
}

pub(crate) fn after_refusal(
    rules: &EventRules,
    refusal: &Refusal,
    waivable: bool,
) -> Vec<NextStep> {
    let mut next = match refusal {
        Refusal::Malformed => vec![NextStep::ScanAgain, NextStep::Search],
        Refusal::BadSignature => vec![NextStep::Search, NextStep::HelpDesk],
        Refusal::UnknownKey => vec![NextStep::SyncFirst, NextStep::Search],
        Refusal::NotListed => vec![NextStep::SyncFirst, NextStep::Search, NextStep::HelpDesk],
        Refusal::Superseded => vec![NextStep::AskForCurrentCode, NextStep::HelpDesk],
        Refusal::WrongGate { gates } => vec![NextStep::SendToGate(gates.clone())],
        Refusal::NotYetValid { from } => vec![NextStep::ComeBackAt(*from)],
        Refusal::StaleRotatingCode => vec![NextStep::AskForLiveCode],
        Refusal::NotInside => vec![NextStep::CheckDirection],
        Refusal::Cancelled if rules.is_cancelled() => {
            vec![NextStep::ReferToOrganizer, NextStep::HelpDesk]
        }
        Refusal::WrongEvent { .. }
        | Refusal::Cancelled
        | Refusal::Refunded
        | Refusal::Blocked
        | Refusal::NoLongerValid { .. }
        | Refusal::WrongTicketType
        | Refusal::Rule { .. }
        | Refusal::AlreadyAdmitted { .. } => vec![NextStep::HelpDesk],
    };
    match rules.policy().overrides {
        OverridePolicy::Forbidden => {}
        _ if !waivable => {}
        OverridePolicy::Reason => next.push(NextStep::Override { pin: false }),
        OverridePolicy::ReasonAndPin => next.push(NextStep::Override { pin: true }),
    }
    next
}
