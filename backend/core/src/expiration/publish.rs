//! The job that tells deadlines as they pass. It sleeps until the next one.
//!
//! What has passed is claimed from the index, so that instances do not tell the
//! same. Whatever the index says, or does not: what the store holds long after
//! its time is told from there.

use super::index::Claimed;
use super::{Deadline, Expiration};
use crate::shared::trace::{Span, SpanKind, counted};
use crate::shared::{Commit, StoreError};
use gateline_common::Timestamp;
use gateline_common::bus::BusEvent;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH: u32 = 256;
/// Also the longest sleep: the machine may be suspended, or its clock set.
const LONGEST_SLEEP_MS: i64 = 1_000;
const RETRY_MS: i64 = 500;
/// How long who has claimed a deadline may take to tell it.
const CLAIM_MS: i64 = 5_000;
/// So long after its time a deadline is told whatever the index says.
const OVERLOOKED_MS: i64 = 2 * CLAIM_MS;

impl Expiration {
    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            // Until it is known when to wake, every new deadline wakes.
            self.alarm.set(Timestamp(i64::MAX));
            let wake_at = match self.tell_due().await {
                Ok(wake_at) => wake_at,
                Err(error) => {
                    tracing::error!(%error, "the schedule cannot be read or written");
                    self.clock.now().plus_ms(RETRY_MS)
                }
            };
            self.alarm.set(wake_at);
            let away_ms = wake_at.since_ms(self.clock.now()).max(1);
            let sleep = Duration::from_millis(away_ms.unsigned_abs());
            tokio::select! {
                () = tokio::time::sleep(sleep) => {}
                () = self.alarm.earlier.notified() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Tells every deadline that has passed and that nobody else is telling;
    /// returns when to look again.
    ///
    /// # Errors
    /// Store failures; what was not told stays due.
    pub async fn tell_due(&self) -> Result<Timestamp, StoreError> {
        let mut filled = false;
        loop {
            let now = self.clock.now();
            let latest = now.plus_ms(LONGEST_SLEEP_MS);
            let (passed, next) = match self.index.claim(now, BATCH, CLAIM_MS).await {
                Ok(Claimed::These(passed, next)) => (passed, next),
                Ok(Claimed::Empty) if !filled => {
                    self.fill_index().await?;
                    filled = true;
                    continue;
                }
                // It is away, or emptied faster than it can be filled.
                Ok(Claimed::Empty) | Err(_) => {
                    (self.store.due(now, BATCH).await?, self.store.next().await?)
                }
            };
            if !passed.is_empty() {
                self.tell(&passed, now).await?;
                continue;
            }
            let overlooked = self.store.due(now.plus_ms(-OVERLOOKED_MS), BATCH).await?;
            if overlooked.is_empty() {
                return Ok(next.map_or(latest, |next| next.min(latest)));
            }
            self.tell(&overlooked, now).await?;
        }
    }

    async fn fill_index(&self) -> Result<(), StoreError> {
        let everything = self.store.due(Timestamp(i64::MAX), u32::MAX).await?;
        if let Err(error) = self.index.fill(&everything).await {
            tracing::debug!(%error, "the index of the schedule cannot be filled now");
        }
        Ok(())
    }

    async fn tell(&self, passed: &[Deadline], now: Timestamp) -> Result<(), StoreError> {
        let span = Span::begin(SpanKind::Internal, format_args!("tell deadlines"));
        span.note(|| [counted(passed.len())]);
        span.place().around(self.tell_here(passed, now)).await
    }

    async fn tell_here(&self, passed: &[Deadline], now: Timestamp) -> Result<(), StoreError> {
        let mut commit = Commit::nothing();
        for Deadline {
            order,
            version,
            due,
        } in passed.iter().copied()
        {
            let body = BusEvent::ExpirationDue { order, due };
            commit = commit.publishing(format!("expiration:{order}"), version, now, body);
        }
        if let Err(error) = self.store.told(passed, &commit).await {
            for untold in passed {
                self.note(*untold).await;
            }
            return Err(error);
        }
        for told in passed {
            self.forget(told.order, told.version).await;
        }
        Ok(())
    }
}
