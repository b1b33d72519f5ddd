//! A scenario's world in the words of the services that own it.

use gateline_common::bus::{BusEvent, EventFacts, EventStatus, TicketFacts, TicketTypeFacts};
use gateline_common::ids::{EventId, OrderId, OrgId, Serial, TicketTypeId, UserId};
use gateline_common::sync::{EventManifest, ListedTicket, TicketTypeInfo};
use gateline_common::{Currency, Money};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What events and tickets tell of an event. Types in `before` that it has no
/// more are told as deleted.
pub(super) fn of_event(
    event: &EventManifest,
    org: OrgId,
    before: &[TicketTypeInfo],
) -> Vec<BusEvent> {
    let facts = EventFacts {
        event: event.event,
        org,
        title: event.title.clone(),
        place: "Harbour".into(),
        timezone: event.timezone.clone(),
        starts_at: event.starts_at,
        ends_at: event.ends_at,
        status: if event.cancelled {
            EventStatus::Cancelled
        } else {
            EventStatus::Published
        },
        gates: event.gates.clone(),
        zones: event.zones.clone(),
        rules: event.rules.clone(),
        policy: event.policy.clone(),
        supervisor_pin: event.supervisor_pin,
    };
    let kept: BTreeSet<TicketTypeId> = event.ticket_types.iter().map(|info| info.id).collect();
    let gone = before.iter().filter(|info| !kept.contains(&info.id));
    let types = event.ticket_types.iter().map(|info| (info, false));
    let types = types.chain(gone.map(|info| (info, true)));
    let id = event.event;
    let types = types.map(|(info, deleted)| of_type(id, org, info, deleted));
    let keys = BusEvent::SigningKeysChanged {
        event: id,
        keys: event.keys.clone(),
    };
    [BusEvent::EventUpdated(facts), keys]
        .into_iter()
        .chain(types.map(BusEvent::TicketTypeUpdated))
        .collect()
}

fn of_type(event: EventId, org: OrgId, info: &TicketTypeInfo, deleted: bool) -> TicketTypeFacts {
    TicketTypeFacts {
        event,
        ticket_type: info.id,
        org,
        name: info.name.clone(),
        price: Money::new(1_000, Currency::EUR),
        limit: 1_000_000,
        max_per_order: 10,
        sale_starts: None,
        sale_ends: None,
        deleted,
        admission: info.admission.clone(),
    }
}

/// What tickets tells of a ticket.
pub(super) fn of_ticket(
    event: EventId,
    org: OrgId,
    serial: Serial,
    ticket: &ListedTicket,
) -> TicketFacts {
    TicketFacts {
        event,
        serial,
        org,
        order: OrderId(Uuid::nil()),
        order_code: ticket.order_code.clone(),
        ticket_type: ticket.ticket_type,
        epoch: ticket.epoch,
        status: ticket.status,
        owner: UserId(Uuid::nil()),
        attendee_name: ticket.name.clone(),
        seat: ticket.seat.clone(),
        note: ticket.note.clone(),
        holder_key: None,
        // The scenarios' codes are verified.
        code_hash: None,
    }
}
