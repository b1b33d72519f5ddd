//! Changing an event.

use super::error::STAYS_CANCELLED;
use super::facts::publish_event;
use super::{
    ATTEMPTS, Category, Event, EventError, Events, Guard, Guarded, Place, WhereInput, is_retryable,
    validate,
};
use crate::shared::{Commit, Principal, StoreError};
use gateline_admission::supervisor_pin_hash;
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, EventStatus};
use gateline_common::catalog::{EntryPolicy, EntryRule, Gate, Zone};
use gateline_common::ids::EventId;

/// What to change; `None` leaves it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventChange {
    /// The version that the caller saw; `None` changes whatever is there.
    pub version: Option<u64>,
    /// The title.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The category.
    pub category: Option<Category>,
    /// The tags.
    pub tags: Option<Vec<String>>,
    /// The place.
    pub place: Option<WhereInput>,
    /// The time zone.
    pub timezone: Option<String>,
    /// Begin.
    pub starts_at: Option<Timestamp>,
    /// End.
    pub ends_at: Option<Timestamp>,
    /// All gates.
    pub gates: Option<Vec<Gate>>,
    /// All zones.
    pub zones: Option<Vec<Zone>>,
    /// All rules.
    pub rules: Option<Vec<EntryRule>>,
    /// The policy.
    pub policy: Option<EntryPolicy>,
    /// The PIN; `Some(None)` takes it away.
    pub supervisor_pin: Option<Option<String>>,
}

impl Events {
    /// Changes an event. A change that changes nothing publishes nothing.
    ///
    /// # Errors
    /// Not found, forbidden, outdated, an invalid field, or a store failure.
    pub async fn change(
        &self,
        caller: &Principal,
        id: EventId,
        change: &EventChange,
    ) -> Result<Event, EventError> {
        let mut result = Err(StoreError::Conflict.into());
        for _ in 0..ATTEMPTS {
            result = self.try_change(caller, id, change).await;
            if !is_retryable(&result) {
                break;
            }
        }
        result
    }

    async fn try_change(
        &self,
        caller: &Principal,
        id: EventId,
        change: &EventChange,
    ) -> Result<Event, EventError> {
        let old = self.to_change(caller, id).await?;
        let place = match &change.place {
            Some(input) => Some(self.place(old.org, input).await?),
            None => None,
        };
        let new = changed(&old, change, place, self.clock.now())?;
        self.save_changed(&old, new, Guard::None, Commit::nothing())
            .await
    }

    /// Stores and publishes `new` if it differs from `old`.
    pub(super) async fn save_changed(
        &self,
        old: &Event,
        new: Event,
        guard: Guard,
        commit: Commit,
    ) -> Result<Event, EventError> {
        if new.version == old.version {
            return Ok(new);
        }
        let commit = publish_event(commit, &new, BusEvent::EventUpdated);
        match self.store.save(&new, old.version, guard, &commit).await? {
            Guarded::Done => Ok(new),
            Guarded::HasSales => Err(EventError::HasSales),
        }
    }
}

/// The event with the change, at the next version; at the same one if nothing
/// changed.
fn changed(
    old: &Event,
    change: &EventChange,
    place: Option<Place>,
    now: Timestamp,
) -> Result<Event, EventError> {
    if change.version.is_some_and(|version| version != old.version) {
        return Err(EventError::Outdated);
    }
    if old.status == EventStatus::Cancelled {
        return Err(EventError::State(STAYS_CANCELLED));
    }
    let mut new = old.clone();
    set(
        &mut new.title,
        change.title.as_deref().map(|t| t.trim().to_owned()),
    );
    set(&mut new.description, change.description.clone());
    set(&mut new.category, change.category);
    set(&mut new.tags, change.tags.clone());
    set(&mut new.place, place);
    set(&mut new.timezone, change.timezone.clone());
    set(&mut new.starts_at, change.starts_at);
    set(&mut new.ends_at, change.ends_at);
    set(&mut new.gates, change.gates.clone());
    set(&mut new.zones, change.zones.clone());
    set(&mut new.rules, change.rules.clone());
    set(&mut new.policy, change.policy.clone());
    if let Some(pin) = &change.supervisor_pin {
        pin.as_deref().map_or(Ok(()), validate::pin)?;
        new.supervisor_pin = pin.as_deref().map(|pin| supervisor_pin_hash(old.id, pin));
    }
    if new != *old {
        new.version += 1;
        new.changed_at = now;
        validate::event(&new)?;
    }
    Ok(new)
}

pub(super) fn set<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}
