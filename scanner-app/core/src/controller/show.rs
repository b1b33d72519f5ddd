//! From a decision to what staff see: headline, words, ticket, next steps.

use super::decide::Decided;
use super::names::{Step, names};
use super::shown::{Confirmation, InfoShown, OverrideNeeds, PassageShown, ScanShown, TicketShown};
use crate::store::{Choice, Known};
use gateline_admission::{EventRules, NextStep, words};
use gateline_common::decision::{Admission, Answer, Passage, Refusal};
use gateline_common::ids::{EventId, Serial};
use gateline_common::sync::ListedTicket;

/// One or two words in large letters.
pub(super) fn headline(answer: &Answer) -> &'static str {
    match answer {
        Answer::Admit(Admission::Entry) => "Admit",
        Answer::Admit(Admission::ReEntry) => "Admit again",
        Answer::Admit(Admission::Exit) => "Goodbye",
        Answer::Admit(Admission::Unlisted) => "Admit, not on the list",
        Answer::Refuse(refusal) => match refusal {
            Refusal::Malformed => "Not a ticket",
            Refusal::BadSignature => "Not genuine",
            Refusal::UnknownKey => "Sync first",
            Refusal::WrongEvent { .. } => "Wrong event",
            Refusal::NotListed => "Not on the list",
            Refusal::Superseded => "Old ticket",
            Refusal::Cancelled => "Cancelled",
            Refusal::Refunded => "Refunded",
            Refusal::Blocked => "Blocked",
            Refusal::NotYetValid { .. } => "Too early",
            Refusal::NoLongerValid { .. } => "Too late",
            Refusal::WrongGate { .. } => "Wrong gate",
            Refusal::WrongTicketType => "Wrong ticket type",
            Refusal::Rule { .. } => "Not allowed",
            Refusal::AlreadyAdmitted { .. } => "Already in",
            Refusal::NotInside => "Not inside",
            Refusal::StaleRotatingCode => "Old code",
        },
    }
}

impl Decided {
    pub(super) fn rules(&self, event: EventId) -> Option<&EventRules> {
        self.known.rules(event)
    }

    pub(super) fn words(&self, event: EventId) -> String {
        match self.rules(event) {
            Some(rules) => words(&self.decision.answer, rules, &self.known.manifest),
            None => String::new(),
        }
    }

    pub(super) fn ticket(&self, event: EventId) -> Option<TicketShown> {
        let ticket = self.decision.ticket.as_ref()?;
        let mut shown = ticket_shown(
            &self.known,
            event,
            ticket.serial,
            self.facts.listed.as_ref(),
        );
        if let Some(name) = &ticket.type_name {
            shown.type_name.clone_from(name);
        }
        Some(shown)
    }

    pub(super) fn scan(&self, seq: u64, choice: Choice, decided_ms: f64) -> ScanShown {
        let rules = self.rules(choice.event);
        let next = &self.decision.next;
        ScanShown {
            at: self.at,
            seq,
            answer: self.decision.answer.clone(),
            headline: headline(&self.decision.answer).to_owned(),
            words: self.words(choice.event),
            confirmation: if self.decision.answer.is_admitted() {
                Confirmation::Unconfirmed
            } else {
                Confirmation::NotAsked
            },
            ticket: self.ticket(choice.event),
            next: rules
                .map(|rules| next.iter().map(|step| step.words(rules)).collect())
                .unwrap_or_default(),
            steps: next.iter().map(Step::from).collect(),
            names: names(&self.decision.answer, &self.known, choice.event),
            override_needs: next.iter().find_map(override_needs),
            gate_name: gate_name(&self.known, choice.event, choice.gate),
            direction: choice.direction,
            decided_ms,
        }
    }

    pub(super) fn info(&self, event: EventId) -> InfoShown {
        InfoShown {
            answer: self.decision.answer.clone(),
            headline: headline(&self.decision.answer).to_owned(),
            words: self.words(event),
            names: names(&self.decision.answer, &self.known, event),
            ticket: self.ticket(event),
            passages: self
                .facts
                .history
                .iter()
                .map(|passage| passage_shown(&self.known, event, passage))
                .collect(),
        }
    }
}

fn override_needs(step: &NextStep) -> Option<OverrideNeeds> {
    match step {
        NextStep::Override { pin: true } => Some(OverrideNeeds::ReasonAndPin),
        NextStep::Override { pin: false } => Some(OverrideNeeds::Reason),
        _ => None,
    }
}

pub(super) fn ticket_shown(
    known: &Known,
    event: EventId,
    serial: Serial,
    listed: Option<&ListedTicket>,
) -> TicketShown {
    let kind = listed
        .zip(known.rules(event))
        .and_then(|(ticket, rules)| rules.ticket_type(ticket.ticket_type));
    TicketShown {
        serial,
        type_name: kind.map(|kind| kind.name.clone()).unwrap_or_default(),
        name: listed.and_then(|ticket| ticket.name.clone()),
        seat: listed.and_then(|ticket| ticket.seat.clone()),
        order_code: listed.map(|ticket| ticket.order_code.clone()),
        note: listed.and_then(|ticket| ticket.note.clone()),
    }
}

pub(super) fn passage_shown(known: &Known, event: EventId, passage: &Passage) -> PassageShown {
    PassageShown {
        at: passage.at,
        direction: passage.direction,
        gate_name: gate_name(known, event, passage.gate),
        device_name: known
            .device_name(passage.device)
            .map_or_else(|| passage.device.to_string(), str::to_owned),
    }
}

pub(super) fn gate_name(
    known: &Known,
    event: EventId,
    gate: Option<gateline_common::ids::GateId>,
) -> Option<String> {
    Some(known.rules(event)?.gate(gate?)?.name.clone())
}
