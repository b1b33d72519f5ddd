//! Ticket types: making, reading, changing and deleting them.
//!
//! A changed price does not touch orders that were placed; a changed limit sets
//! the limit and nothing else.

use super::change::set;
use super::error::STAYS_CANCELLED;
use super::facts::publish_type;
use super::{ATTEMPTS, Event, EventError, Events, Guard, Guarded, TicketType, validate};
use crate::shared::idempotency::replay;
use crate::shared::{Commit, IdempotencyKey, Principal, StoreError};
use gateline_common::bus::{BusEvent, EventStatus, TicketTypeFacts};
use gateline_common::catalog::TypeAdmission;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_common::{Money, Timestamp};

/// A new ticket type, as an organizer enters it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketTypeDraft {
    /// Its name.
    pub name: String,
    /// Price of one.
    pub price: Money,
    /// How many may be sold.
    pub limit: u32,
    /// How many one order may hold.
    pub max_per_order: u32,
    /// Sale begins.
    pub sale_starts: Option<Timestamp>,
    /// Sale ends.
    pub sale_ends: Option<Timestamp>,
    /// What it means at the gate.
    pub admission: TypeAdmission,
}

/// What to change; `None` leaves it as it is, `Some(None)` takes it away.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TicketTypeChange {
    /// The version of the type that the caller saw.
    pub version: Option<u64>,
    /// The name.
    pub name: Option<String>,
    /// The price.
    pub price: Option<Money>,
    /// The limit.
    pub limit: Option<u32>,
    /// How many one order may hold.
    pub max_per_order: Option<u32>,
    /// Sale begins.
    pub sale_starts: Option<Option<Timestamp>>,
    /// Sale ends.
    pub sale_ends: Option<Option<Timestamp>>,
    /// What it means at the gate.
    pub admission: Option<TypeAdmission>,
}

/// A changed event, the type in it that changed, and what must be unsold.
type Changed = (Event, TicketType, Guard);
type Step<'a> = &'a (dyn Fn(&Event, Timestamp) -> Result<Option<Changed>, EventError> + Sync);

impl Events {
    /// Adds a ticket type to an event.
    ///
    /// # Errors
    /// Not found, forbidden, an invalid field, or a store failure.
    pub async fn create_type(
        &self,
        caller: &Principal,
        id: EventId,
        draft: &TicketTypeDraft,
        key: Option<IdempotencyKey>,
    ) -> Result<TicketType, EventError> {
        let step: Step<'_> = &|old, now| added(old, draft, now).map(Some);
        self.change_types(caller, id, step, BusEvent::TicketTypeCreated, key)
            .await?
            .ok_or(EventError::NotFound("ticket type"))
    }

    /// Changes a ticket type.
    ///
    /// # Errors
    /// Not found, forbidden, outdated, an invalid field, or a store failure.
    pub async fn change_type(
        &self,
        caller: &Principal,
        id: EventId,
        ticket_type: TicketTypeId,
        change: &TicketTypeChange,
    ) -> Result<TicketType, EventError> {
        let step: Step<'_> = &|old, now| changed(old, ticket_type, change, now);
        let event = BusEvent::TicketTypeUpdated;
        let stored = self.change_types(caller, id, step, event, None).await?;
        match stored {
            Some(stored) => Ok(stored),
            None => {
                let event = self.existing(id).await?;
                event
                    .live_type(ticket_type)
                    .cloned()
                    .ok_or(EventError::NotFound("ticket type"))
            }
        }
    }

    /// Deletes a ticket type of which nothing was ever ordered.
    ///
    /// # Errors
    /// Not found, forbidden, [`EventError::HasSales`], a rule that names it, or
    /// a store failure.
    pub async fn delete_type(
        &self,
        caller: &Principal,
        id: EventId,
        ticket_type: TicketTypeId,
    ) -> Result<(), EventError> {
        let step: Step<'_> = &|old, now| deleted(old, ticket_type, now).map(Some);
        self.change_types(caller, id, step, BusEvent::TicketTypeUpdated, None)
            .await
            .map(|_| ())
    }

    async fn change_types(
        &self,
        caller: &Principal,
        id: EventId,
        step: Step<'_>,
        body: fn(TicketTypeFacts) -> BusEvent,
        key: Option<IdempotencyKey>,
    ) -> Result<Option<TicketType>, EventError> {
        for _ in 0..ATTEMPTS {
            let old = self.to_change(caller, id).await?;
            if let Some(made) = replay(self.answers.as_ref(), key.as_ref()).await? {
                return Ok(Some(made));
            }
            let Some((new, ticket_type, guard)) = step(&old, self.clock.now())? else {
                return Ok(None);
            };
            validate::event_with_type(&new, &ticket_type)?;
            let answer = key
                .as_ref()
                .map(|key| key.answer(&ticket_type, new.changed_at));
            let commit = Commit::nothing().answering(answer.transpose()?);
            let commit = publish_type(commit, &new, &ticket_type, body);
            match self.store.save(&new, old.version, guard, &commit).await {
                Ok(Guarded::Done) => return Ok(Some(ticket_type)),
                Ok(Guarded::HasSales) if ticket_type.deleted => return Err(EventError::HasSales),
                Ok(Guarded::HasSales) => return Err(EventError::CurrencySold),
                Err(StoreError::Conflict | StoreError::AlreadyAnswered) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

fn next(old: &Event, now: Timestamp) -> Result<Event, EventError> {
    match old.status {
        EventStatus::Cancelled => Err(EventError::State(STAYS_CANCELLED)),
        EventStatus::Deleted => Err(EventError::NotFound("event")),
        EventStatus::Draft | EventStatus::Published => Ok(Event {
            version: old.version + 1,
            changed_at: now,
            ..old.clone()
        }),
    }
}

fn added(old: &Event, draft: &TicketTypeDraft, now: Timestamp) -> Result<Changed, EventError> {
    let mut new = next(old, now)?;
    let highest = old.ticket_types.iter().map(|t| t.id.0).max().unwrap_or(0);
    let ticket_type = TicketType {
        id: TicketTypeId(highest.saturating_add(1)),
        name: draft.name.trim().to_owned(),
        price: draft.price,
        limit: draft.limit,
        max_per_order: draft.max_per_order,
        sale_starts: draft.sale_starts,
        sale_ends: draft.sale_ends,
        admission: draft.admission.clone(),
        deleted: false,
        version: new.version,
    };
    new.ticket_types.push(ticket_type.clone());
    Ok((new, ticket_type, Guard::None))
}

fn changed(
    old: &Event,
    id: TicketTypeId,
    change: &TicketTypeChange,
    now: Timestamp,
) -> Result<Option<Changed>, EventError> {
    let before = old
        .live_type(id)
        .ok_or(EventError::NotFound("ticket type"))?;
    if change
        .version
        .is_some_and(|version| version != before.version)
    {
        return Err(EventError::Outdated);
    }
    let mut after = before.clone();
    set(
        &mut after.name,
        change.name.as_deref().map(|n| n.trim().to_owned()),
    );
    set(&mut after.price, change.price);
    set(&mut after.limit, change.limit);
    set(&mut after.max_per_order, change.max_per_order);
    set(&mut after.sale_starts, change.sale_starts);
    set(&mut after.sale_ends, change.sale_ends);
    set(&mut after.admission, change.admission.clone());
    if after == *before {
        return Ok(None);
    }
    // Orders that were placed keep their price, but a total has one currency.
    let guard = if after.price.currency == before.price.currency {
        Guard::None
    } else {
        Guard::TypeUnsold(id)
    };
    replaced(old, after, guard, now).map(Some)
}

fn deleted(old: &Event, id: TicketTypeId, now: Timestamp) -> Result<Changed, EventError> {
    let mut gone = old
        .live_type(id)
        .ok_or(EventError::NotFound("ticket type"))?
        .clone();
    gone.deleted = true;
    replaced(old, gone, Guard::TypeUnsold(id), now)
}

fn replaced(
    old: &Event,
    mut ticket_type: TicketType,
    guard: Guard,
    now: Timestamp,
) -> Result<Changed, EventError> {
    let mut new = next(old, now)?;
    ticket_type.version = new.version;
    for t in new
        .ticket_types
        .iter_mut()
        .filter(|t| t.id == ticket_type.id)
    {
        *t = ticket_type.clone();
    }
    Ok((new, ticket_type, guard))
}
