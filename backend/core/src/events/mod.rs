//! Events, their venues, schedule, ticket types, gates, zones and entry rules.
//!
//! Always true: what is stored here can be decided by at a gate (it compiles as
//! `admission::EventRules`), and what has sold is never deleted. An event and
//! its ticket types are one aggregate, so that every rule and every gate they
//! name is checked against the whole.

mod browse;
mod category;
mod change;
mod consume;
mod create;
mod delete;
mod error;
mod facts;
mod fold;
mod model;
mod ports;
mod prices;
mod publish;
mod references;
mod sales;
mod ticket_types;
mod validate;
mod venues;

pub use browse::Browse;
pub use category::Category;
pub use change::EventChange;
pub use consume::KINDS;
pub use create::{EventDraft, WhereInput};
pub use error::EventError;
pub use fold::fold;
pub use model::{Event, Place, TicketType, Venue};
pub use ports::{EventFilter, EventStore, Guard, Guarded};
pub use prices::{Prices, TypePrice};
pub use sales::{OrderStanding, Stage, TypeSales};
pub use ticket_types::{TicketTypeChange, TicketTypeDraft};
pub use venues::{VenueChange, VenueDraft};

use crate::shared::{Answers, Clock, OrgRole, Principal, StoreError};
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrgId};
use std::sync::Arc;

/// The events service.
#[derive(Clone)]
pub struct Events {
    store: Arc<dyn EventStore>,
    answers: Arc<dyn Answers>,
    clock: Arc<dyn Clock>,
}

/// How often a change is tried again when somebody else was faster.
const ATTEMPTS: usize = 8;

impl Events {
    /// The service over its ports.
    #[must_use]
    pub fn new(
        store: Arc<dyn EventStore>,
        answers: Arc<dyn Answers>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            answers,
            clock,
        }
    }

    /// An event as the caller may see it: drafts only by their organization.
    ///
    /// # Errors
    /// [`EventError::NotFound`] when there is none that the caller may see.
    pub async fn read(&self, caller: Option<&Principal>, id: EventId) -> Result<Event, EventError> {
        let event = self.existing(id).await?;
        if event.status == EventStatus::Draft && !is_member(caller, event.org) {
            return Err(EventError::NotFound("event"));
        }
        Ok(event)
    }

    /// How much of each ticket type is held and sold, for its organization.
    ///
    /// # Errors
    /// [`EventError::NotFound`] unless the caller works for the organization.
    pub async fn sales(
        &self,
        caller: &Principal,
        id: EventId,
    ) -> Result<Vec<TypeSales>, EventError> {
        let event = self.existing(id).await?;
        if !caller.is(OrgRole::Staff, event.org) {
            return Err(EventError::NotFound("event"));
        }
        Ok(self.store.sales(id).await?)
    }

    async fn existing(&self, id: EventId) -> Result<Event, EventError> {
        self.store
            .event(id)
            .await?
            .filter(|event| event.status != EventStatus::Deleted)
            .ok_or(EventError::NotFound("event"))
    }

    /// The event, if the caller runs its organization. Who may see it but not
    /// change it is told so; to others a draft does not exist.
    async fn to_change(&self, caller: &Principal, id: EventId) -> Result<Event, EventError> {
        let event = self.existing(id).await?;
        if caller.is(OrgRole::Organizer, event.org) {
            return Ok(event);
        }
        let visible = event.status != EventStatus::Draft || is_member(Some(caller), event.org);
        Err(if visible {
            EventError::Forbidden
        } else {
            EventError::NotFound("event")
        })
    }
}

fn is_member(caller: Option<&Principal>, org: OrgId) -> bool {
    caller.is_some_and(|caller| caller.is(OrgRole::Staff, org))
}

/// Is it worth reading again and retrying?
fn is_retryable<T>(result: &Result<T, EventError>) -> bool {
    matches!(result, Err(EventError::Store(StoreError::Conflict)))
}
