//! What a server does beside answering: the relay, retention, and the services'
//! jobs. None of it ends before the server does.

use crate::context::Context;
use crate::service::Job;
use crate::wiring;
use futures::FutureExt;
use gateline_core::shared::{Consumer, SystemClock, relay, retention};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The running work; it ends at the latest when this is dropped.
pub(crate) struct Background {
    running: JoinSet<&'static str>,
    stop: CancellationToken,
}

impl Background {
    /// Starts all of it on the runtime of the caller.
    pub(crate) fn start(
        context: &Context,
        consumers: Vec<Consumer>,
        jobs: Vec<Job>,
        disorder: Option<u64>,
    ) -> Self {
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        for job in jobs {
            running.spawn(watch(job.name, (job.run)(stop.clone())));
        }
        let bus = wiring::bus(consumers, disorder.or(context.config.bus_disorder_seed));
        let outbox = Arc::clone(&context.outbox);
        // Retries are paced by real time, also where tests set the clock.
        let relaying = relay::run(outbox, bus, Arc::new(SystemClock), stop.clone());
        running.spawn(watch("relay", relaying));
        let clock = Arc::clone(&context.clock);
        let forgetting = retention::run(wiring::retention(context), clock, stop.clone());
        running.spawn(watch("retention", forgetting));
        Self { running, stop }
    }

    /// Waits until something ends, which is always before its time; says what.
    pub(crate) async fn ended(&mut self) -> Option<&'static str> {
        self.running.join_next().await?.ok()
    }

    /// What has ended before its time, without waiting.
    pub(crate) fn has_ended(&mut self) -> Option<&'static str> {
        self.running.try_join_next()?.ok()
    }

    /// Stops everything, and waits so long for it.
    pub(crate) async fn stop(mut self, grace: Duration) {
        self.stop.cancel();
        let rest = async { while self.running.join_next().await.is_some() {} };
        if tokio::time::timeout(grace, rest).await.is_err() {
            tracing::warn!("jobs did not stop in time");
        }
    }
}

async fn watch(name: &'static str, job: impl Future<Output = ()>) -> &'static str {
    if AssertUnwindSafe(job).catch_unwind().await.is_err() {
        tracing::error!(job = name, "a job panicked");
    }
    name
}
