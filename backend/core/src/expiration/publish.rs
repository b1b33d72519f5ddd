//! The job that tells deadlines as they pass. It sleeps until the next one.

use super::{Deadline, Expiration};
use crate::shared::{Commit, StoreError};
use gateline_common::Timestamp;
use gateline_common::bus::BusEvent;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH: u32 = 256;
/// Also the longest sleep: the machine may be suspended, or its clock set.
const LONGEST_SLEEP_MS: i64 = 1_000;
const RETRY_MS: i64 = 500;

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

    /// Tells every deadline that has passed; returns when to look again.
    ///
    /// # Errors
    /// Store failures; what was not told stays due.
    pub async fn tell_due(&self) -> Result<Timestamp, StoreError> {
        loop {
            let now = self.clock.now();
            let due = self.store.due(now, BATCH).await?;
            if due.is_empty() {
                let latest = now.plus_ms(LONGEST_SLEEP_MS);
                let next = self.store.next().await?;
                return Ok(next.map_or(latest, |next| next.min(latest)));
            }
            let mut commit = Commit::nothing();
            for Deadline {
                order,
                version,
                due,
            } in due.iter().copied()
            {
                let body = BusEvent::ExpirationDue { order, due };
                commit = commit.publishing(format!("expiration:{order}"), version, now, body);
            }
            self.store.told(&due, &commit).await?;
        }
    }
}
