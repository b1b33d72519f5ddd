//! The JSON of tickets and signing keys.

use gateline_common::ids::{Epoch, EventId, KeyId, OrderId, OrgId, Serial, TicketTypeId};
use gateline_common::sync::{KeyState, TicketStatus};
use gateline_common::{Money, PublicKey, Timestamp};
use gateline_core::shared::{PageRequest, Principal};
use gateline_core::tickets::{EventKeys, StoredKey, Ticket, TicketQuery};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A ticket.
#[derive(Serialize, ToSchema)]
pub(super) struct TicketBody {
    event: EventId,
    serial: Serial,
    org: OrgId,
    order: OrderId,
    order_code: String,
    ticket_type: TicketTypeId,
    type_name: String,
    price: Money,
    status: TicketStatus,
    epoch: Epoch,
    attendee_name: Option<String>,
    seat: Option<String>,
    note: Option<String>,
    /// The buyer's address, to who works for the organization.
    owner_email: Option<String>,
    /// The digits of the QR code, to the owner; in no list of others' tickets.
    code: Option<String>,
    /// Paid through the test gateway.
    test: bool,
    issued_at: Timestamp,
    changed_at: Timestamp,
    version: u64,
}

/// Which tickets.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct TicketsQuery {
    /// Only this event's.
    event: Option<EventId>,
    /// Only this order's.
    order: Option<OrderId>,
    /// Only in this state.
    status: Option<TicketStatus>,
    /// Text in serial, order code, name or e-mail.
    q: Option<String>,
    /// Items at most, 1 to 200 [default: 50].
    limit: Option<u32>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// The verifying keys of an event.
#[derive(Serialize, ToSchema)]
pub(super) struct KeysBody {
    items: Vec<KeyBody>,
}

/// A verifying key.
#[derive(Serialize, ToSchema)]
struct KeyBody {
    id: KeyId,
    key: PublicKey,
    /// `current`, `next`, `retired` or `compromised`.
    #[schema(value_type = String)]
    state: KeyState,
    made_at: Timestamp,
}

impl TicketBody {
    /// As its owner sees it, or somebody who asks for this one.
    pub(super) fn shown_to(caller: &Principal, ticket: Ticket) -> Self {
        let code = ticket.may_be_held_by(caller).then(|| ticket.code.clone());
        let foreign = ticket.owner != caller.user;
        let email = foreign.then(|| ticket.owner_email.clone());
        Self {
            code,
            owner_email: email,
            ..Self::listed(ticket)
        }
    }

    /// In an organizer's or admin's list.
    pub(super) fn listed(ticket: Ticket) -> Self {
        Self {
            event: ticket.event,
            serial: ticket.serial,
            org: ticket.org,
            order: ticket.order,
            order_code: ticket.order_code,
            ticket_type: ticket.ticket_type,
            type_name: ticket.type_name,
            price: ticket.price,
            status: ticket.status,
            epoch: ticket.epoch,
            attendee_name: ticket.attendee_name,
            seat: ticket.seat,
            note: ticket.note,
            owner_email: Some(ticket.owner_email),
            code: None,
            test: ticket.test,
            issued_at: ticket.issued_at,
            changed_at: ticket.changed_at,
            version: ticket.version,
        }
    }
}

impl TicketsQuery {
    pub(super) fn split(self) -> (TicketQuery, PageRequest) {
        let query = TicketQuery {
            event: self.event,
            order: self.order,
            status: self.status,
            text: self.q,
        };
        (query, crate::http::page::request(self.limit, self.after))
    }
}

impl From<EventKeys> for KeysBody {
    fn from(keys: EventKeys) -> Self {
        let body = |key: StoredKey| KeyBody {
            id: key.public.id,
            key: key.public.key,
            state: key.public.state,
            made_at: key.made_at,
        };
        Self {
            items: keys.keys.into_iter().map(body).collect(),
        }
    }
}
