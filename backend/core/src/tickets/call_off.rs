//! The end of the tickets of an event that was called off.
//!
//! Always true: from the write on in which tickets learns of it, none of the
//! event is issued or drawn. Those that there are by then are cancelled a few at
//! a time, and how far that has come is stored with them. Those whose money goes
//! back are refunded when their order is.

use super::change::{announce, with_status};
use super::{Ticket, Tickets};
use crate::shared::trace::{Span, SpanKind, counted};
use crate::shared::{Commit, StoreError};
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, Serial};
use gateline_common::sync::TicketStatus;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Tickets in one write: others wait no longer than these take.
const AT_ONCE: u32 = 200;
/// Another process may have learned of the event.
const POLL: Duration = Duration::from_secs(2);

/// The next tickets of a cancelled event, in order of serial.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalledOff {
    /// The event.
    pub event: EventId,
    /// The serial that they come after.
    pub after: Option<Serial>,
    /// They, in any state.
    pub tickets: Vec<Ticket>,
    /// Are these the last?
    pub last: bool,
}

fn cancelled(ticket: &Ticket, now: Timestamp) -> Option<Ticket> {
    match ticket.status {
        TicketStatus::Valid | TicketStatus::Blocked => {
            with_status(ticket, TicketStatus::Cancelled, now)
        }
        TicketStatus::Cancelled | TicketStatus::Refunded => None,
    }
}

impl Tickets {
    /// Cancels the tickets of events that were called off, until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            match self.cancel_some().await {
                // Somebody changed one of them in between: again.
                Ok(true) | Err(StoreError::Conflict) => continue,
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "tickets of a cancelled event cannot be cancelled");
                }
            }
            tokio::select! {
                () = self.called_off.notified() => {}
                () = tokio::time::sleep(POLL) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Cancels the next tickets of one event that was called off; `false` if
    /// there is nothing to do.
    ///
    /// # Errors
    /// Store failures, and a conflict when a ticket changed in between; what was
    /// not done is still to do.
    pub async fn cancel_some(&self) -> Result<bool, StoreError> {
        let Some(next) = self.store.called_off(AT_ONCE).await? else {
            return Ok(false);
        };
        let span = Span::begin(SpanKind::Internal, format_args!("cancel tickets"));
        span.note(|| [counted(next.tickets.len())]);
        span.place().around(self.cancel(&next)).await?;
        Ok(true)
    }

    async fn cancel(&self, next: &CalledOff) -> Result<(), StoreError> {
        let now = self.clock.now();
        let tickets = next.tickets.iter();
        let changed: Vec<_> = tickets.filter_map(|t| cancelled(t, now)).collect();
        let commit = changed.iter().fold(Commit::nothing(), announce);
        self.store.call_off(next, &changed, &commit).await
    }
}
