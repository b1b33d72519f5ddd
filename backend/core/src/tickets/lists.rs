//! Lists of tickets: mine, an event's, and all.

use super::{Ticket, TicketError, TicketFilter, Tickets};
use crate::shared::{OrgRole, Page, PageRequest, Principal};
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, OrderId, Serial};
use gateline_common::sync::TicketStatus;

/// What somebody looks for in a list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TicketQuery {
    /// Only this event's.
    pub event: Option<EventId>,
    /// Only this order's.
    pub order: Option<OrderId>,
    /// Only in this state.
    pub status: Option<TicketStatus>,
    /// Only with this text in serial, order code, name or e-mail.
    pub text: Option<String>,
}

impl Tickets {
    /// The caller's own tickets, newest first.
    ///
    /// # Errors
    /// [`TicketError::BadCursor`], or a store failure.
    pub async fn mine(
        &self,
        caller: &Principal,
        query: &TicketQuery,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, TicketError> {
        let filter = TicketFilter {
            owner: Some(caller.user),
            ..filter(query)
        };
        self.list(&filter, page).await
    }

    /// The tickets of an event that the caller works for.
    ///
    /// # Errors
    /// Not found unless they do; otherwise as [`Tickets::mine`].
    pub async fn of_event(
        &self,
        caller: &Principal,
        event: EventId,
        query: &TicketQuery,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, TicketError> {
        let known = self
            .store
            .event(event)
            .await?
            .ok_or(TicketError::NotFound)?;
        if !caller.is(OrgRole::Staff, known.org) {
            return Err(TicketError::NotFound);
        }
        let filter = TicketFilter {
            event: Some(event),
            ..filter(query)
        };
        self.list(&filter, page).await
    }

    /// All tickets of the installation, for admins.
    ///
    /// # Errors
    /// Forbidden to others; otherwise as [`Tickets::mine`].
    pub async fn all(
        &self,
        caller: &Principal,
        query: &TicketQuery,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, TicketError> {
        if !caller.admin {
            return Err(TicketError::Forbidden);
        }
        self.list(&filter(query), page).await
    }

    async fn list(
        &self,
        filter: &TicketFilter,
        page: &PageRequest,
    ) -> Result<Page<Ticket>, TicketError> {
        let after = page.after.as_deref().map(read_cursor).transpose()?;
        let limit = page.clamped();
        let mut items = self.store.list(filter, limit + 1, after).await?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next = items.last().filter(|_| more).map(cursor);
        Ok(Page { items, next })
    }
}

fn filter(query: &TicketQuery) -> TicketFilter {
    let text = query.text.as_deref().map(|text| text.trim().to_lowercase());
    TicketFilter {
        event: query.event,
        order: query.order,
        status: query.status,
        text: text.filter(|text| !text.is_empty()),
        ..TicketFilter::default()
    }
}

fn cursor(ticket: &Ticket) -> String {
    format!("{}-{}-{}", ticket.issued_at.0, ticket.event, ticket.serial)
}

fn read_cursor(text: &str) -> Result<(Timestamp, EventId, Serial), TicketError> {
    let mut parts = text.split('-');
    let mut part = || parts.next().ok_or(TicketError::BadCursor);
    let (at, event, serial) = (part()?, part()?, part()?);
    let at = at.parse().map_err(|_| TicketError::BadCursor)?;
    let event = event.parse().map_err(|_| TicketError::BadCursor)?;
    let serial = serial.parse().map_err(|_| TicketError::BadCursor)?;
    Ok((Timestamp(at), event, serial))
}
