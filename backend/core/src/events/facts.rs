//! What others learn of an event: its whole state, on the bus.

use super::{Event, TicketType};
use crate::shared::Commit;
use gateline_common::bus::{BusEvent, EventFacts, TicketTypeFacts};

pub(super) fn event_facts(event: &Event) -> EventFacts {
    EventFacts {
        event: event.id,
        org: event.org,
        title: event.title.clone(),
        place: event.place.line(),
        timezone: event.timezone.clone(),
        starts_at: event.starts_at,
        ends_at: event.ends_at,
        status: event.status,
        gates: event.gates.clone(),
        zones: event.zones.clone(),
        rules: event.rules.clone(),
        policy: event.policy.clone(),
        supervisor_pin: event.supervisor_pin,
    }
}

pub(super) fn type_facts(event: &Event, ticket_type: &TicketType) -> TicketTypeFacts {
    TicketTypeFacts {
        event: event.id,
        ticket_type: ticket_type.id,
        org: event.org,
        name: ticket_type.name.clone(),
        price: ticket_type.price,
        limit: ticket_type.limit,
        max_per_order: ticket_type.max_per_order,
        sale_starts: ticket_type.sale_starts,
        sale_ends: ticket_type.sale_ends,
        deleted: ticket_type.deleted,
        admission: ticket_type.admission.clone(),
    }
}

/// Adds the event's new state to what the commit publishes.
pub(super) fn publish_event(
    commit: Commit,
    event: &Event,
    body: fn(EventFacts) -> BusEvent,
) -> Commit {
    let aggregate = format!("event:{}", event.id);
    let body = body(event_facts(event));
    commit.publishing(aggregate, event.version, event.changed_at, body)
}

/// Adds a ticket type's new state to what the commit publishes.
pub(super) fn publish_type(
    commit: Commit,
    event: &Event,
    ticket_type: &TicketType,
    body: fn(TicketTypeFacts) -> BusEvent,
) -> Commit {
    let aggregate = format!("ticket_type:{}/{}", event.id, ticket_type.id);
    let body = body(type_facts(event, ticket_type));
    commit.publishing(aggregate, ticket_type.version, event.changed_at, body)
}
