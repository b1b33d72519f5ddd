//! What other services publish, kept as check-in needs it. Any order, any
//! number of times: each aggregate takes only what is newer than what it has.

use super::CheckIn;
use super::error::CheckInError;
use super::event::{EventChange, EventState};
use super::figures::Deltas;
use super::ports::{EventWrite, LogWrite, ManifestBump, TicketWrite};
use super::tally;
use super::ticket::{TicketKey, TicketState};
use crate::shared::{Commit, ConsumeError, Consumer, Handler, StoreError, random};
use async_trait::async_trait;
use gateline_common::bus::{BusEvent, Envelope, TicketFacts};
use gateline_common::ids::{EventId, FeedGeneration, OrgId};
use std::sync::Arc;

const NAME: &str = "checkin";

/// The kinds of events that the service wants.
pub const KINDS: &[&str] = &[
    "OrganizationUpdated",
    "EventCreated",
    "EventUpdated",
    "TicketTypeCreated",
    "TicketTypeUpdated",
    "SigningKeysChanged",
    "TicketIssued",
    "TicketTransferred",
    "TicketRevoked",
];

const MOST_TRIES: usize = 16;

/// The consumer of the service.
#[must_use]
pub fn consumer(service: Arc<CheckIn>) -> Consumer {
    Consumer {
        name: NAME,
        kinds: KINDS,
        handler: service,
    }
}

#[async_trait]
impl Handler for CheckIn {
    async fn handle(&self, event: &Envelope) -> Result<(), ConsumeError> {
        for _ in 0..MOST_TRIES {
            match self.consume(event).await {
                Err(CheckInError::Store(StoreError::Conflict)) => {}
                Err(CheckInError::Store(error)) => return Err(error.into()),
                Err(error) => return Err(ConsumeError::Failed(error.to_string())),
                Ok(()) => return Ok(()),
            }
        }
        Err(ConsumeError::Store(StoreError::Conflict))
    }
}

impl CheckIn {
    async fn consume(&self, envelope: &Envelope) -> Result<(), CheckInError> {
        let version = envelope.version;
        match &envelope.body {
            BusEvent::OrganizationUpdated(facts) => {
                self.organization(facts.org, envelope.at).await?;
                let (org, name, at) = (facts.org, &facts.name, envelope.at);
                let commit = commit(envelope);
                let named = self
                    .store
                    .name_organization(org, version, name, at, &commit);
                named.await?;
                self.tell(org, []);
                Ok(())
            }
            BusEvent::EventCreated(facts) | BusEvent::EventUpdated(facts) => {
                let change = |state: EventState| state.with_facts(version, facts);
                self.change_event(envelope, facts.event, change).await
            }
            BusEvent::TicketTypeCreated(facts) | BusEvent::TicketTypeUpdated(facts) => {
                let change = |state: EventState| state.with_type(version, facts);
                self.change_event(envelope, facts.event, change).await
            }
            BusEvent::SigningKeysChanged { event, keys } => {
                let change = |state: EventState| state.with_keys(version, keys);
                self.change_event(envelope, *event, change).await
            }
            BusEvent::TicketIssued(facts)
            | BusEvent::TicketTransferred(facts)
            | BusEvent::TicketRevoked(facts) => self.change_ticket(envelope, facts).await,
            _ => Ok(()),
        }
    }

    async fn change_event(
        &self,
        envelope: &Envelope,
        event: EventId,
        change: impl Fn(EventState) -> Option<(EventState, EventChange)>,
    ) -> Result<(), CheckInError> {
        let known = self.store.event(event).await?;
        let is_new = known.is_none();
        let state = known.unwrap_or_else(|| EventState::unknown(event));
        let Some((state, change)) = change(state) else {
            return Ok(());
        };
        let bump = match state.org() {
            Some(org) if change.manifest => Some(self.bump(org, envelope).await?),
            _ => None,
        };
        let org = state.org();
        let write = EventWrite {
            rules: state.manifest.clone().filter(|_| change.rules),
            generation: (is_new || change.list).then(|| self.new_generation()),
            event: state,
            bump,
        };
        self.store.save_event(&write, &commit(envelope)).await?;
        if let (Some(org), true) = (org, change.manifest) {
            self.tell(org, []);
        }
        Ok(())
    }

    async fn change_ticket(
        &self,
        envelope: &Envelope,
        facts: &TicketFacts,
    ) -> Result<(), CheckInError> {
        let event = self.feed_of(facts.event).await?;
        let key = TicketKey {
            event: facts.event,
            serial: facts.serial,
        };
        let known = self.store.ticket(key).await?;
        let (before, records) = known.unwrap_or_else(|| (TicketState::unknown(key), Vec::new()));
        let changed = before
            .clone()
            .with_facts(envelope.version, envelope.at, facts);
        let Some(mut ticket) = changed else {
            return Ok(());
        };
        match self.book(&event).await? {
            Some(book) if !records.is_empty() => {
                ticket = tally::recount(ticket, &records, &mut book.facts());
            }
            _ => ticket.share = tally::expected(&ticket),
        }
        let mut deltas = Deltas::default();
        deltas.replace(key.event, &before.share, &ticket.share);
        let write = LogWrite {
            tickets: vec![TicketWrite {
                moves: !ticket.is_same_to_gates(&before),
                passages: false,
                ticket,
            }],
            deltas,
            ..LogWrite::default()
        };
        self.store.write_log(&write, &commit(envelope)).await?;
        self.tell(facts.org, [facts.event]);
        Ok(())
    }

    /// The event, with a feed; made if the ticket is heard of before it.
    async fn feed_of(&self, event: EventId) -> Result<EventState, CheckInError> {
        if let Some(known) = self.store.event(event).await? {
            return Ok(known);
        }
        let write = EventWrite {
            event: EventState::unknown(event),
            rules: None,
            bump: None,
            generation: Some(self.new_generation()),
        };
        self.store.save_event(&write, &Commit::nothing()).await?;
        let known = self.store.event(event).await?;
        known.ok_or(CheckInError::NotFound("event"))
    }

    async fn bump(&self, org: OrgId, envelope: &Envelope) -> Result<ManifestBump, CheckInError> {
        self.organization(org, envelope.at).await?;
        Ok(ManifestBump {
            org,
            at: self.clock.now(),
        })
    }

    fn new_generation(&self) -> FeedGeneration {
        FeedGeneration(random::uuid(self.clock.now()))
    }
}

fn commit(envelope: &Envelope) -> Commit {
    Commit::nothing().consuming(NAME, envelope.id)
}
