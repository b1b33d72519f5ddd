//! Publishing an event and calling it off.

use super::error::STAYS_CANCELLED;
use super::{ATTEMPTS, Event, EventError, Events, Guard, is_retryable};
use crate::shared::{Commit, Principal, StoreError};
use gateline_common::Timestamp;
use gateline_common::bus::EventStatus;
use gateline_common::ids::EventId;

impl Events {
    /// Shows a draft to everybody. A published event stays as it is.
    ///
    /// # Errors
    /// Not found, forbidden, cancelled or over, or a store failure.
    pub async fn publish(&self, caller: &Principal, id: EventId) -> Result<Event, EventError> {
        self.turn(caller, id, published).await
    }

    /// Calls an event off, for ever: orders, tickets, mail and gates do what
    /// follows when they hear of it. A cancelled event stays as it is.
    ///
    /// # Errors
    /// Not found, forbidden, or a store failure.
    pub async fn cancel(&self, caller: &Principal, id: EventId) -> Result<Event, EventError> {
        self.turn(caller, id, cancelled).await
    }

    async fn turn(
        &self,
        caller: &Principal,
        id: EventId,
        step: fn(&Event, Timestamp) -> Result<Event, EventError>,
    ) -> Result<Event, EventError> {
        let mut result = Err(StoreError::Conflict.into());
        for _ in 0..ATTEMPTS {
            let old = self.to_change(caller, id).await?;
            let new = step(&old, self.clock.now())?;
            result = self
                .save_changed(&old, new, Guard::None, Commit::nothing())
                .await;
            if !is_retryable(&result) {
                break;
            }
        }
        result
    }
}

fn published(old: &Event, now: Timestamp) -> Result<Event, EventError> {
    match old.status {
        EventStatus::Published => Ok(old.clone()),
        EventStatus::Draft if old.ends_at > now => {
            Ok(with_status(old, EventStatus::Published, now))
        }
        EventStatus::Draft => Err(EventError::State("the event is over")),
        EventStatus::Cancelled => Err(EventError::State(STAYS_CANCELLED)),
        EventStatus::Deleted => Err(EventError::NotFound("event")),
    }
}

fn cancelled(old: &Event, now: Timestamp) -> Result<Event, EventError> {
    match old.status {
        EventStatus::Cancelled => Ok(old.clone()),
        EventStatus::Draft | EventStatus::Published => {
            Ok(with_status(old, EventStatus::Cancelled, now))
        }
        EventStatus::Deleted => Err(EventError::NotFound("event")),
    }
}

pub(super) fn with_status(old: &Event, status: EventStatus, now: Timestamp) -> Event {
    Event {
        status,
        version: old.version + 1,
        changed_at: now,
        ..old.clone()
    }
}
