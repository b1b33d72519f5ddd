//! The loop that keeps a gate in touch: an exchange when something wakes it, at
//! least every poll interval while all is well, with growing pauses while the
//! server is away.

use super::backoff::{Backoff, draw};
use super::{SyncError, Syncer, Tally, indexing, push};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

/// A revoked or unknown device asks again from time to time: what it still holds
/// goes to the server all the same.
const REVOKED_MS: u64 = 60_000;

/// The background work; it ends when it is stopped or dropped.
pub(crate) struct Running {
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Running {
    /// Stops and waits until everything has ended.
    pub(crate) async fn stop(mut self) {
        self.stop.cancel();
        while self.tasks.join_next().await.is_some() {}
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

impl Syncer {
    /// Starts the loop and the push channel.
    pub(crate) fn start(self: &Arc<Self>, poll_ms: u64) -> Running {
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        tasks.spawn(push::listen(Arc::clone(self), stop.clone()));
        tasks.spawn(indexing::follow(Arc::clone(self), stop.clone()));
        tasks.spawn(Arc::clone(self).keep_in_touch(poll_ms, stop.clone()));
        Running { stop, tasks }
    }

    async fn keep_in_touch(self: Arc<Self>, poll_ms: u64, stop: CancellationToken) {
        let mut backoff = Backoff::default();
        loop {
            let mut tally = Tally::default();
            let result = tokio::select! {
                () = stop.cancelled() => return,
                result = self.exchange(&mut tally) => result,
            };
            let pause = match result {
                Ok(()) => {
                    backoff.succeeded();
                    backoff.pause(poll_ms, draw())
                }
                Err(SyncError::Revoked | SyncError::NotAuthenticated) => {
                    backoff.succeeded();
                    backoff.pause(REVOKED_MS, draw())
                }
                Err(_) => {
                    backoff.failed();
                    backoff.pause(poll_ms, draw())
                }
            };
            let failing = backoff.is_failing();
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.until_due(pause, failing) => {}
            }
        }
    }

    /// Waits for the pause to end or for something that shortens it. New scans
    /// do not shorten the pause while the server is away.
    async fn until_due(&self, pause: Duration, failing: bool) {
        let due = Instant::now() + pause;
        tokio::select! {
            () = sleep_until(due) => {}
            () = self.wake.notified() => {}
            () = self.nudge.notified(), if !failing => {}
        }
    }
}
