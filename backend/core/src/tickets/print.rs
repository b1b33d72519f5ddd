//! A ticket as its owner shows or prints it: QR code, PDF.

use super::{EventCopy, Ticket, TicketError, Tickets};
use crate::shared::printing::{PrintError, PrintedTicket, TicketPrinter, when_in_words};
use crate::shared::{OrgRole, Principal};
use gateline_common::bus::EventStatus;
use gateline_common::ids::{EventId, OrderId, Serial};
use gateline_common::sync::TicketStatus;
use std::sync::Arc;

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Artwork {
    /// The QR code as a PNG image.
    QrPng,
    /// The QR code as an SVG image.
    QrSvg,
    /// A page to print.
    Pdf,
}

impl Tickets {
    /// Draws a ticket for its owner or an organizer of its event.
    ///
    /// # Errors
    /// Not found, forbidden to staff, no longer good, or it cannot be drawn.
    pub async fn draw(
        &self,
        caller: &Principal,
        event: EventId,
        serial: Serial,
        artwork: Artwork,
    ) -> Result<Vec<u8>, TicketError> {
        let ticket = self.read(caller, event, serial).await?;
        if !may_hold(caller, &ticket) {
            return Err(TicketError::Forbidden);
        }
        let known = self
            .store
            .event(event)
            .await?
            .ok_or(TicketError::NotFound)?;
        check_on(&known)?;
        check_good(&ticket)?;
        let printed = printed(&ticket, &known);
        self.print(move |printer| match artwork {
            Artwork::QrPng => printer.qr_png(&printed.code),
            Artwork::QrSvg => printer.qr_svg(&printed.code),
            Artwork::Pdf => printer.pdf(&[printed]),
        })
        .await
    }

    /// All good tickets of an order in one PDF, for their owner or an
    /// organizer.
    ///
    /// # Errors
    /// Not found when there are none that the caller may hold; a state when none
    /// of them is good; or it cannot be drawn.
    pub async fn draw_order(
        &self,
        caller: &Principal,
        order: OrderId,
    ) -> Result<Vec<u8>, TicketError> {
        let mut tickets = self.store.of_order(order).await?;
        tickets.retain(|ticket| may_hold(caller, ticket));
        let first = tickets.first().ok_or(TicketError::NotFound)?.clone();
        let event = self.store.event(first.event).await?;
        let event = event.ok_or(TicketError::NotFound)?;
        check_on(&event)?;
        tickets.retain(|ticket| check_good(ticket).is_ok());
        if tickets.is_empty() {
            check_good(&first)?;
        }
        let printed: Vec<_> = tickets.iter().map(|t| printed(t, &event)).collect();
        self.print(move |printer| printer.pdf(&printed)).await
    }

    async fn print(
        &self,
        draw: impl FnOnce(&dyn TicketPrinter) -> Result<Vec<u8>, PrintError> + Send + 'static,
    ) -> Result<Vec<u8>, TicketError> {
        let printer = Arc::clone(&self.printer);
        let drawn = tokio::task::spawn_blocking(move || draw(printer.as_ref())).await;
        drawn
            .map_err(|error| TicketError::Printing(error.to_string()))?
            .map_err(|error| TicketError::Printing(error.to_string()))
    }
}

/// Who has the code can come in: its owner, and who may issue another anyway.
#[must_use]
pub(super) fn may_hold(caller: &Principal, ticket: &Ticket) -> bool {
    ticket.owner == caller.user || caller.is(OrgRole::Organizer, ticket.org)
}

impl Ticket {
    /// May the caller have the code?
    #[must_use]
    pub fn may_be_held_by(&self, caller: &Principal) -> bool {
        may_hold(caller, self)
    }
}

fn check_on(event: &EventCopy) -> Result<(), TicketError> {
    match event.status {
        EventStatus::Cancelled => Err(TicketError::State("the event was cancelled")),
        EventStatus::Draft | EventStatus::Published | EventStatus::Deleted => Ok(()),
    }
}

fn check_good(ticket: &Ticket) -> Result<(), TicketError> {
    match ticket.status {
        TicketStatus::Valid | TicketStatus::Blocked => Ok(()),
        TicketStatus::Cancelled => Err(TicketError::State("the ticket was cancelled")),
        TicketStatus::Refunded => Err(TicketError::State("the ticket was refunded")),
    }
}

fn printed(ticket: &Ticket, event: &EventCopy) -> PrintedTicket {
    PrintedTicket {
        event_title: event.title.clone(),
        when: when_in_words(event.starts_at, event.ends_at, &event.timezone),
        place: event.place.clone(),
        type_name: ticket.type_name.clone(),
        price: Some(ticket.price),
        attendee_name: ticket.attendee_name.clone(),
        seat: ticket.seat.clone(),
        serial: ticket.serial,
        order_code: ticket.order_code.clone(),
        code: ticket.code.clone(),
        test: ticket.test,
    }
}
