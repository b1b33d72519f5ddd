//! Deleting an event of which nothing was ever ordered.

use super::facts::publish_type;
use super::publish::with_status;
use super::{ATTEMPTS, Event, EventError, Events, Guard, is_retryable};
use crate::shared::{Commit, Principal, StoreError};
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, EventStatus};
use gateline_common::ids::EventId;

impl Events {
    /// Deletes an event and its ticket types.
    ///
    /// # Errors
    /// Not found, forbidden, [`EventError::HasSales`], or a store failure.
    pub async fn delete(&self, caller: &Principal, id: EventId) -> Result<(), EventError> {
        let mut result = Err(StoreError::Conflict.into());
        for _ in 0..ATTEMPTS {
            let old = self.to_change(caller, id).await?;
            let new = deleted(&old, self.clock.now());
            let commit = old.live_types().fold(Commit::nothing(), |commit, live| {
                let gone = new.ticket_types.iter().find(|t| t.id == live.id);
                gone.map_or(commit.clone(), |t| {
                    publish_type(commit, &new, t, BusEvent::TicketTypeUpdated)
                })
            });
            result = self
                .save_changed(&old, new, Guard::EventUnsold, commit)
                .await;
            if !is_retryable(&result) {
                break;
            }
        }
        result.map(|_| ())
    }
}

fn deleted(old: &Event, now: Timestamp) -> Event {
    let mut new = with_status(old, EventStatus::Deleted, now);
    let version = new.version;
    for ticket_type in new.ticket_types.iter_mut().filter(|t| !t.deleted) {
        ticket_type.deleted = true;
        ticket_type.version = version;
    }
    new
}
