//! What becomes of a ticket: blocked, unblocked, cancelled by its organizer;
//! refunded with its order. The epoch stays: it belongs to the owner.

use super::{ATTEMPTS, Ticket, TicketError, Tickets};
use crate::shared::{Commit, ConsumeError, OrgRole, Principal, StoreError};
use gateline_common::Timestamp;
use gateline_common::bus::{BusEvent, Envelope, OrderFacts};
use gateline_common::ids::{EventId, Serial};
use gateline_common::sync::TicketStatus;

/// What an organizer may do to a ticket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Stop it for the time being.
    Block,
    /// Let it pass again.
    Unblock,
    /// Stop it for good, without a refund.
    Cancel,
}

impl Tickets {
    /// Blocks, unblocks or cancels a ticket. What it is already, it stays.
    ///
    /// # Errors
    /// Not found, forbidden to staff and owners, a state that does not allow
    /// it, or a store failure.
    pub async fn act(
        &self,
        caller: &Principal,
        event: EventId,
        serial: Serial,
        action: Action,
    ) -> Result<Ticket, TicketError> {
        for _ in 0..ATTEMPTS {
            let old = self.read(caller, event, serial).await?;
            if !caller.is(OrgRole::Organizer, old.org) {
                return Err(TicketError::Forbidden);
            }
            let now = self.clock.now();
            let status = after(old.status, action)?;
            let Some(new) = with_status(&old, status, now) else {
                return Ok(old);
            };
            let commit = announce(Commit::nothing(), &new);
            match self.store.save(&new, old.version, &commit).await {
                Ok(()) => return Ok(new),
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// The order's money goes back: its tickets no longer admit. If none are
    /// issued yet, none will be.
    pub(super) async fn refund(
        &self,
        envelope: &Envelope,
        order: &OrderFacts,
    ) -> Result<(), ConsumeError> {
        for _ in 0..ATTEMPTS {
            let known = self.store.order(order.order).await?;
            if known.as_ref().is_some_and(|known| known.refunded) {
                return Ok(());
            }
            let now = self.clock.now();
            let tickets = self.store.of_order(order.order).await?;
            let changed: Vec<_> = tickets
                .iter()
                .filter_map(|ticket| with_status(ticket, TicketStatus::Refunded, now))
                .collect();
            let commit = Commit::nothing().consuming(super::consume::NAME, envelope.id);
            let commit = changed.iter().fold(commit, announce);
            let note = super::issue::note(order, true);
            let result = self
                .store
                .refund(&note, known.is_some(), &changed, &commit)
                .await;
            match result {
                Err(StoreError::Conflict) => {}
                other => return Ok(other?),
            }
        }
        Err(StoreError::Conflict.into())
    }
}

fn after(status: TicketStatus, action: Action) -> Result<TicketStatus, TicketError> {
    match (action, status) {
        (_, TicketStatus::Refunded) => Err(TicketError::State("the ticket was refunded")),
        (Action::Cancel, _) => Ok(TicketStatus::Cancelled),
        (_, TicketStatus::Cancelled) => Err(TicketError::State("the ticket was cancelled")),
        (Action::Block, _) => Ok(TicketStatus::Blocked),
        (Action::Unblock, _) => Ok(TicketStatus::Valid),
    }
}

/// The ticket in another state; `None` if it is in it already.
pub(super) fn with_status(old: &Ticket, status: TicketStatus, now: Timestamp) -> Option<Ticket> {
    (old.status != status).then(|| Ticket {
        status,
        version: old.version + 1,
        changed_at: now,
        ..old.clone()
    })
}

pub(super) fn announce(commit: Commit, ticket: &Ticket) -> Commit {
    let body = BusEvent::TicketRevoked(ticket.facts());
    commit.publishing(ticket.aggregate(), ticket.version, ticket.changed_at, body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use TicketStatus::{Blocked, Cancelled, Refunded, Valid};

    #[test]
    fn a_block_can_be_lifted_and_a_cancellation_or_refund_cannot() {
        let outcome = |status, action| after(status, action).ok();
        assert_eq!(outcome(Valid, Action::Block), Some(Blocked));
        assert_eq!(outcome(Blocked, Action::Block), Some(Blocked));
        assert_eq!(outcome(Blocked, Action::Unblock), Some(Valid));
        assert_eq!(outcome(Blocked, Action::Cancel), Some(Cancelled));
        assert_eq!(outcome(Cancelled, Action::Cancel), Some(Cancelled));
        for action in [Action::Block, Action::Unblock] {
            assert_eq!(outcome(Cancelled, action), None);
        }
        for action in [Action::Block, Action::Unblock, Action::Cancel] {
            assert_eq!(outcome(Refunded, action), None);
        }
    }
}
