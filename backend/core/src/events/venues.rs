//! Venues of an organization. A changed venue changes the events at it, in the
//! same transaction.

use super::change::set;
use super::facts::publish_event;
use super::{ATTEMPTS, Event, EventError, Events, Place, Venue, is_retryable, validate};
use crate::shared::idempotency::replay;
use crate::shared::{
    Commit, IdempotencyKey, OrgRole, Page, PageRequest, Principal, StoreError, random,
};
use gateline_common::bus::BusEvent;
use gateline_common::ids::{OrgId, VenueId};

/// A new venue, as an organizer enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VenueDraft {
    /// The organization.
    pub org: OrgId,
    /// Its name.
    pub name: String,
    /// Its address, in one line.
    pub address: String,
    /// How to get there and in.
    pub notes: String,
}

/// What to change; `None` leaves it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VenueChange {
    /// The version that the caller saw.
    pub version: Option<u64>,
    /// The name.
    pub name: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// The notes.
    pub notes: Option<String>,
}

impl Events {
    /// Enters a venue.
    ///
    /// # Errors
    /// Forbidden, an invalid field, or a store failure.
    pub async fn create_venue(
        &self,
        caller: &Principal,
        draft: &VenueDraft,
        key: Option<IdempotencyKey>,
    ) -> Result<Venue, EventError> {
        if !caller.is(OrgRole::Organizer, draft.org) {
            return Err(EventError::Forbidden);
        }
        if let Some(venue) = replay(self.answers.as_ref(), key.as_ref()).await? {
            return Ok(venue);
        }
        let now = self.clock.now();
        let venue = Venue {
            id: VenueId(random::uuid(now)),
            org: draft.org,
            name: draft.name.trim().to_owned(),
            address: draft.address.trim().to_owned(),
            notes: draft.notes.clone(),
            version: 1,
            created_at: now,
        };
        validate::venue(&venue)?;
        let answer = key
            .as_ref()
            .map(|key| key.answer(&venue, now))
            .transpose()?;
        let commit = Commit::nothing().answering(answer);
        match self.store.create_venue(&venue, &commit).await {
            Ok(()) => Ok(venue),
            Err(StoreError::AlreadyAnswered) => {
                let made = replay(self.answers.as_ref(), key.as_ref()).await?;
                made.ok_or(EventError::Store(StoreError::Conflict))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// A venue of an organization that the caller works for.
    ///
    /// # Errors
    /// [`EventError::NotFound`] otherwise.
    pub async fn venue(&self, caller: &Principal, id: VenueId) -> Result<Venue, EventError> {
        let venue = self.store.venue(id).await?;
        venue
            .filter(|venue| caller.is(OrgRole::Staff, venue.org))
            .ok_or(EventError::NotFound("venue"))
    }

    /// The venues of an organization that the caller works for.
    ///
    /// # Errors
    /// [`EventError::NotFound`] otherwise.
    pub async fn venues(
        &self,
        caller: &Principal,
        org: OrgId,
        page: &PageRequest,
    ) -> Result<Page<Venue>, EventError> {
        if !caller.is(OrgRole::Staff, org) {
            return Err(EventError::NotFound("venue"));
        }
        let after = page.after.as_deref().map(str::parse).transpose();
        let after = after.map_err(|_| EventError::BadCursor)?;
        let limit = page.clamped();
        let mut items = self.store.venues(org, limit + 1, after).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items
            .last()
            .filter(|_| more)
            .map(|venue| venue.id.to_string());
        Ok(Page { items, next })
    }

    /// Changes a venue, and with it every event at it.
    ///
    /// # Errors
    /// Not found, forbidden, outdated, an invalid field, or a store failure.
    pub async fn change_venue(
        &self,
        caller: &Principal,
        id: VenueId,
        change: &VenueChange,
    ) -> Result<Venue, EventError> {
        let mut result = Err(StoreError::Conflict.into());
        for _ in 0..ATTEMPTS {
            result = self.try_change_venue(caller, id, change).await;
            if !is_retryable(&result) {
                break;
            }
        }
        result
    }

    async fn try_change_venue(
        &self,
        caller: &Principal,
        id: VenueId,
        change: &VenueChange,
    ) -> Result<Venue, EventError> {
        let old = self.venue_to_change(caller, id).await?;
        if change.version.is_some_and(|version| version != old.version) {
            return Err(EventError::Outdated);
        }
        let mut new = old.clone();
        set(
            &mut new.name,
            change.name.as_deref().map(|n| n.trim().to_owned()),
        );
        set(
            &mut new.address,
            change.address.as_deref().map(|a| a.trim().to_owned()),
        );
        set(&mut new.notes, change.notes.clone());
        if new == old {
            return Ok(new);
        }
        new.version += 1;
        validate::venue(&new)?;
        let now = self.clock.now();
        let mut commit = Commit::nothing();
        let mut events = Vec::new();
        for event in self.store.events_at(id).await? {
            let moved = Event {
                place: Place::Venue(new.clone()),
                version: event.version + 1,
                changed_at: now,
                ..event
            };
            commit = publish_event(commit, &moved, BusEvent::EventUpdated);
            events.push(moved);
        }
        self.store
            .save_venue(&new, old.version, &events, &commit)
            .await?;
        Ok(new)
    }

    /// Deletes a venue at which no events take place.
    ///
    /// # Errors
    /// Not found, forbidden, [`EventError::VenueInUse`], or a store failure.
    pub async fn delete_venue(&self, caller: &Principal, id: VenueId) -> Result<(), EventError> {
        for _ in 0..ATTEMPTS {
            let venue = self.venue_to_change(caller, id).await?;
            let commit = Commit::nothing();
            match self.store.delete_venue(id, venue.version, &commit).await {
                Ok(true) => return Ok(()),
                Ok(false) => return Err(EventError::VenueInUse),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn venue_to_change(&self, caller: &Principal, id: VenueId) -> Result<Venue, EventError> {
        let venue = self.venue(caller, id).await?;
        if caller.is(OrgRole::Organizer, venue.org) {
            Ok(venue)
        } else {
            Err(EventError::Forbidden)
        }
    }
}
