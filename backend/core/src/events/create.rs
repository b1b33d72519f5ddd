//! Making an event, as a draft.

use super::facts::publish_event;
use super::{Category, Event, EventError, Events, Place, validate};
use crate::shared::idempotency::replay;
use crate::shared::{Commit, IdempotencyKey, OrgRole, Principal, StoreError, random};
use gateline_admission::supervisor_pin_hash;
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, EventStatus};
use gateline_common::catalog::{EntryPolicy, EntryRule, Gate, Zone};
use gateline_common::ids::{EventId, OrgId, VenueId};

/// Where, as an organizer enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WhereInput {
    /// At a venue of the organization.
    Venue(VenueId),
    /// Online, at this address.
    Online(String),
}

/// A new event, as an organizer enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventDraft {
    /// The organization.
    pub org: OrgId,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub description: String,
    /// What kind it is.
    pub category: Category,
    /// Free words to find it by.
    pub tags: Vec<String>,
    /// Where.
    pub place: WhereInput,
    /// IANA name of its time zone.
    pub timezone: String,
    /// Begin.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// Its gates.
    pub gates: Vec<Gate>,
    /// Its zones.
    pub zones: Vec<Zone>,
    /// Its rules.
    pub rules: Vec<EntryRule>,
    /// How it lets people in.
    pub policy: EntryPolicy,
    /// The supervisor's PIN; only its hash is kept.
    pub supervisor_pin: Option<String>,
}

impl Events {
    /// Makes an event: a draft that only its organization sees.
    ///
    /// # Errors
    /// Forbidden, an invalid field, or a store failure.
    pub async fn create(
        &self,
        caller: &Principal,
        draft: &EventDraft,
        key: Option<IdempotencyKey>,
    ) -> Result<Event, EventError> {
        if !caller.is(OrgRole::Organizer, draft.org) {
            return Err(EventError::Forbidden);
        }
        for _ in 0..super::ATTEMPTS {
            if let Some(event) = replay(self.answers.as_ref(), key.as_ref()).await? {
                return Ok(event);
            }
            let place = self.place(draft.org, &draft.place).await?;
            let event = new_event(draft, place, random::event_id(), self.clock.now())?;
            let answer = key.as_ref().map(|key| key.answer(&event, event.created_at));
            let commit = Commit::nothing().answering(answer.transpose()?);
            let commit = publish_event(commit, &event, BusEvent::EventCreated);
            match self.store.create(&event, &commit).await {
                Ok(()) => return Ok(event),
                // The id was taken, the venue changed, or the same request won.
                Err(StoreError::Conflict | StoreError::AlreadyAnswered) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// The place that an organizer means.
    pub(super) async fn place(&self, org: OrgId, input: &WhereInput) -> Result<Place, EventError> {
        match input {
            WhereInput::Online(url) => Ok(Place::Online(url.clone())),
            WhereInput::Venue(id) => {
                let venue = self.store.venue(*id).await?;
                let own = venue.filter(|venue| venue.org == org);
                own.map(Place::Venue).ok_or_else(|| {
                    EventError::invalid("venue", "the organization has no such venue")
                })
            }
        }
    }
}

fn new_event(
    draft: &EventDraft,
    place: Place,
    id: EventId,
    now: Timestamp,
) -> Result<Event, EventError> {
    if let Some(pin) = &draft.supervisor_pin {
        validate::pin(pin)?;
    }
    let event = Event {
        id,
        org: draft.org,
        title: draft.title.trim().to_owned(),
        description: draft.description.clone(),
        category: draft.category,
        tags: draft.tags.clone(),
        place,
        timezone: draft.timezone.clone(),
        starts_at: draft.starts_at,
        ends_at: draft.ends_at,
        status: EventStatus::Draft,
        gates: draft.gates.clone(),
        zones: draft.zones.clone(),
        rules: draft.rules.clone(),
        policy: draft.policy.clone(),
        supervisor_pin: draft
            .supervisor_pin
            .as_deref()
            .map(|pin| supervisor_pin_hash(id, pin)),
        ticket_types: Vec::new(),
        version: 1,
        created_at: now,
        changed_at: now,
    };
    validate::event(&event)?;
    Ok(event)
}
