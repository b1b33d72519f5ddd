//! Orders, as the protection of what has sold hears of them; and prices, as the
//! catalogue shows them.
//!
//! An order can be placed in the moment before orders hears that its ticket
//! type was deleted. Then the deletion is taken back here: the type (and the
//! event, as cancelled) comes to life again, off sale. What is ordered of it ends as
//! orders of a cancelled event do.

use super::facts::{publish_event, publish_type};
use super::publish::with_status;
use super::{ATTEMPTS, Event, Events, OrderStanding, Place, Stage, TypePrice};
use crate::shared::{Commit, ConsumeError, Consumer, Handler, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, Envelope, EventStatus};
use gateline_common::ids::TicketTypeId;
use std::sync::Arc;

const NAME: &str = "events";

/// The kinds of events that the service wants.
pub const KINDS: &[&str] = &[
    "OrderCreated",
    "OrderUpdated",
    "OrderCancelled",
    "OrderExpired",
    "OrderCompleted",
    "PriceChanged",
];

impl Events {
    /// The consumer of orders and prices.
    #[must_use]
    pub fn consumer(&self) -> Consumer {
        Consumer {
            name: NAME,
            kinds: KINDS,
            handler: Arc::new(self.clone()),
        }
    }
}

#[async_trait]
impl Handler for Events {
    async fn handle(&self, envelope: &Envelope) -> Result<(), ConsumeError> {
        if let BusEvent::PriceChanged(facts) = &envelope.body {
            let price = TypePrice::of(facts, envelope.version);
            let commit = Commit::nothing().consuming(NAME, envelope.id);
            self.store.learn_price(&price, &commit).await?;
            let reason = facts.reason.kind();
            metrics::counter!("gateline_price_changes_total", "reason" => reason).increment(1);
            return Ok(());
        }
        let (BusEvent::OrderCreated(facts)
        | BusEvent::OrderUpdated(facts)
        | BusEvent::OrderCancelled(facts)
        | BusEvent::OrderExpired(facts)
        | BusEvent::OrderCompleted(facts)) = &envelope.body
        else {
            return Ok(());
        };
        let standing = OrderStanding::of(facts, envelope.version);
        for _ in 0..ATTEMPTS {
            let commit = Commit::nothing().consuming(NAME, envelope.id);
            let old = self.store.event(standing.event).await?;
            let new = match &old {
                Some(old) => Some(self.with_order(old, &standing).await?),
                None => None,
            };
            let commit = match (&old, &new) {
                (Some(old), Some(new)) => announce(commit, old, new),
                _ => commit,
            };
            let read = old.as_ref().map_or(0, |old| old.version);
            let event = new.as_ref().map(|new| (new, read));
            match self.store.note_order(&standing, event, &commit).await {
                Err(StoreError::Conflict) => {}
                other => return Ok(other?),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

impl Events {
    /// The event with everything alive that the order holds, as of now.
    async fn with_order(&self, old: &Event, order: &OrderStanding) -> Result<Event, StoreError> {
        let new = revived(old, order, self.clock.now());
        let is_back = old.status == EventStatus::Deleted && new.status != old.status;
        let Some(held) = new.venue().filter(|_| is_back) else {
            return Ok(new);
        };
        // While the event was deleted its venue could change, and go.
        match self.store.venue(held.id).await? {
            Some(venue) => Ok(Event {
                place: Place::Venue(venue),
                ..new
            }),
            None => Ok(new),
        }
    }
}

/// The event with everything alive that the order holds; the same version if it
/// was.
fn revived(old: &Event, order: &OrderStanding, now: Timestamp) -> Event {
    let ordered = |id: TicketTypeId| order.lines.iter().any(|(line, _)| *line == id);
    let dead = |event: &Event| {
        event.status == EventStatus::Deleted
            || event
                .ticket_types
                .iter()
                .any(|t| t.deleted && ordered(t.id))
    };
    if order.stage == Stage::Gone || !dead(old) {
        return old.clone();
    }
    let status = match old.status {
        EventStatus::Deleted => EventStatus::Cancelled,
        other => other,
    };
    let mut new = with_status(old, status, now);
    let version = new.version;
    for t in new
        .ticket_types
        .iter_mut()
        .filter(|t| t.deleted && ordered(t.id))
    {
        t.deleted = false;
        t.sale_starts = None;
        t.sale_ends = Some(now);
        t.version = version;
        // Gates that are gone since would make it invalid.
        t.admission
            .gates
            .retain(|gate| old.gates.iter().any(|g| g.id == *gate));
    }
    new
}

fn announce(mut commit: Commit, old: &Event, new: &Event) -> Commit {
    if new.version == old.version {
        return commit;
    }
    if new.status != old.status {
        commit = publish_event(commit, new, BusEvent::EventUpdated);
    }
    for t in new.ticket_types.iter().filter(|t| t.version == new.version) {
        commit = publish_type(commit, new, t, BusEvent::TicketTypeUpdated);
    }
    commit
}
