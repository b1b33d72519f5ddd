//! The job that looks at prices when time has passed: a date is reached, a window
//! is over.

use super::settle::settle;
use super::{Pricing, PricingError, Wish};
use crate::shared::StoreError;
use crate::shared::trace::{Span, SpanKind, counted};
use futures::{StreamExt, stream};
use gateline_common::Timestamp;
use gateline_common::ids::{EventId, TicketTypeId};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH: u32 = 256;
const AT_ONCE: usize = 32;
/// Also the longest sleep: a policy may be set meanwhile, or the clock.
const LONGEST_SLEEP_MS: i64 = 1_000;
const RETRY_MS: i64 = 500;

impl Pricing {
    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wake_at = match self.look_at_due().await {
                Ok(wake_at) => wake_at,
                Err(error) => {
                    tracing::error!(%error, "prices that are due cannot be read or written");
                    self.clock.now().plus_ms(RETRY_MS)
                }
            };
            let away_ms = wake_at.since_ms(self.clock.now()).max(1);
            let sleep = Duration::from_millis(away_ms.unsigned_abs());
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Looks at every price that is due; returns when to do so again.
    ///
    /// # Errors
    /// Store failures; what was not looked at stays due.
    pub async fn look_at_due(&self) -> Result<Timestamp, PricingError> {
        loop {
            let now = self.clock.now();
            let due = self.store.due(now, BATCH).await?;
            if due.is_empty() {
                let latest = now.plus_ms(LONGEST_SLEEP_MS);
                let next = self.store.next().await?;
                return Ok(next.map_or(latest, |next| next.min(latest)));
            }
            let span = Span::begin(SpanKind::Internal, format_args!("look at prices"));
            span.note(|| [counted(due.len())]);
            span.place().around(self.look_at(due)).await?;
        }
    }

    async fn look_at(&self, due: Vec<(EventId, TicketTypeId)>) -> Result<(), PricingError> {
        let looked = stream::iter(due)
            .map(|(event, ticket_type)| self.look(event, ticket_type))
            .buffer_unordered(AT_ONCE);
        let failed = looked.filter_map(async |looked| looked.err());
        let first = failed.collect::<Vec<_>>().await.into_iter().next();
        first.map_or(Ok(()), Err)
    }

    async fn look(&self, event: EventId, ticket_type: TicketTypeId) -> Result<(), PricingError> {
        let now = self.clock.now();
        let wish = Wish::new(now, move |seen| {
            let after = seen.priced.clone();
            Ok(settle(&seen.priced, after, seen.event.as_ref(), now))
        });
        match self.store.change(event, ticket_type, wish).await {
            // Whoever was faster has looked.
            Ok(_) | Err(PricingError::Store(StoreError::Conflict)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
