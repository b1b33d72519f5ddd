//! Issuing the tickets of a paid order.

use super::{ATTEMPTS, EventCopy, Issued, OrderNote, Ticket, Tickets};
use crate::shared::{Commit, ConsumeError, StoreError, random};
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, Envelope, EventStatus, OrderFacts, OrderLine};
use gateline_common::ids::{Epoch, KeyId, Serial};
use gateline_common::sync::TicketStatus;
use gateline_common::time::DAY_MS;
use ticket_crypto::{SigningKey, TicketClaims};

/// A signed code outlives the end of its event by this: an outer bound only, so
/// that a postponed event kills no printed ticket.
pub const VALID_AFTER_END_MS: i64 = 400 * DAY_MS;

/// What all tickets of an order are made from.
pub(super) struct Issue<'a> {
    pub(super) order: &'a OrderFacts,
    pub(super) event: &'a EventCopy,
    pub(super) key_id: KeyId,
    pub(super) key: &'a SigningKey,
    pub(super) now: Timestamp,
}

impl Tickets {
    /// Issues what the order bought, once.
    pub(super) async fn issue(
        &self,
        envelope: &Envelope,
        order: &OrderFacts,
    ) -> Result<(), ConsumeError> {
        if self.store.order(order.order).await?.is_some() {
            return Ok(());
        }
        for _ in 0..ATTEMPTS {
            let event = self.store.event(order.event).await?;
            let event = event.ok_or(ConsumeError::NotYet("the event"))?;
            if event.status == EventStatus::Cancelled {
                return self.issue_none(envelope, order, &event).await;
            }
            let keys = self.store.keys(order.event).await?;
            let keys = keys.ok_or(ConsumeError::NotYet("the event's signing keys"))?;
            let (key_id, key) = keys
                .current()
                .ok_or_else(|| ConsumeError::Failed("the event has no current key".into()))?;
            let now = self.clock.now();
            let issue = Issue {
                order,
                event: &event,
                key_id,
                key: &key,
                now,
            };
            let tickets = issue.tickets(random::serial);
            let note = note(order, false);
            let commit =
                announce(order, &tickets, now).consuming(super::consume::NAME, envelope.id);
            match self
                .store
                .issue(&note, event.version, &tickets, &commit)
                .await
            {
                Ok(Issued::Now | Issued::Before) => return Ok(()),
                // A serial was taken, or the event has changed: draw again.
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// The event is cancelled: orders pays the order back, and there is nothing
    /// to issue.
    async fn issue_none(
        &self,
        envelope: &Envelope,
        order: &OrderFacts,
        event: &EventCopy,
    ) -> Result<(), ConsumeError> {
        let note = note(order, true);
        let commit = Commit::nothing().consuming(super::consume::NAME, envelope.id);
        let stored = self.store.issue(&note, event.version, &[], &commit).await;
        Ok(stored.map(drop)?)
    }
}

impl Issue<'_> {
    /// One ticket per unit, in the order of the lines.
    pub(super) fn tickets(&self, mut serial: impl FnMut() -> Serial) -> Vec<Ticket> {
        let lines = self.order.lines.iter();
        lines
            .flat_map(|line| (0..line.quantity).map(move |_| line))
            .map(|line| self.ticket(line, serial()))
            .collect()
    }

    fn ticket(&self, line: &OrderLine, serial: Serial) -> Ticket {
        let claims = TicketClaims {
            key_id: self.key_id,
            event: self.order.event,
            serial,
            ticket_type: line.ticket_type,
            epoch: Epoch(0),
            not_after_days: self.event.ends_at.plus_ms(VALID_AFTER_END_MS).days(),
        };
        let name = self.order.buyer.name.trim();
        Ticket {
            event: self.order.event,
            serial,
            org: self.order.org,
            order: self.order.order,
            order_code: self.order.code.clone(),
            ticket_type: line.ticket_type,
            type_name: line.name.clone(),
            price: line.unit_price,
            epoch: claims.epoch,
            status: TicketStatus::Valid,
            owner: self.order.buyer.user,
            owner_email: self.order.buyer.email.clone(),
            attendee_name: (!name.is_empty()).then(|| name.to_owned()),
            seat: None,
            note: None,
            holder_key: None,
            key_id: self.key_id,
            code: ticket_crypto::issue(self.key, &claims).to_digits(),
            test: self.order.test,
            issued_at: self.now,
            changed_at: self.now,
            version: 1,
        }
    }
}

pub(super) fn note(order: &OrderFacts, refunded: bool) -> OrderNote {
    OrderNote {
        order: order.order,
        event: order.event,
        buyer: order.buyer.nameless(),
        refunded,
    }
}

/// TicketIssued for each, and OrderFulfilled for the order.
fn announce(order: &OrderFacts, tickets: &[Ticket], now: Timestamp) -> Commit {
    let mut commit = Commit::nothing();
    for ticket in tickets {
        let body = BusEvent::TicketIssued(ticket.facts());
        commit = commit.publishing(ticket.aggregate(), ticket.version, now, body);
    }
    let body = BusEvent::OrderFulfilled {
        order: order.order,
        buyer: order.buyer.clone(),
        tickets: tickets.iter().map(Ticket::issued).collect(),
    };
    commit.publishing(format!("fulfilment:{}", order.order), 1, now, body)
}
