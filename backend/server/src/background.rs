//! What a server does beside answering: relays, retention, consuming, and the
//! services' jobs. None of it ends before the server does.

use crate::context::Context;
use crate::kernel::Kernel;
use crate::service::Job;
use crate::wiring::{Engines, bus};
use futures::FutureExt;
use gateline_core::shared::{Consumer, SystemClock, lease, relay, retention};
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

/// What is to be done.
pub(crate) struct Work {
    /// The databases whose events are relayed.
    pub(crate) kernels: Vec<Kernel>,
    /// Who hears of events.
    pub(crate) consumers: Vec<Consumer>,
    /// Jobs, each with the kernel of its service.
    pub(crate) jobs: Vec<(Job, Kernel)>,
}

impl Background {
    /// Starts all of it on the runtime of the caller.
    ///
    /// # Errors
    /// When the bus cannot be set up as configured.
    pub(crate) fn start(
        context: &Context,
        engines: &Engines,
        work: Work,
        disorder: Option<u64>,
    ) -> anyhow::Result<Self> {
        let stop = CancellationToken::new();
        let mut running = JoinSet::new();
        for (job, kernel) in work.jobs {
            let leases = kernel.leases.filter(|_| !job.everywhere);
            let doing = match leases {
                Some(leases) => lease::alone(leases, job.name, job.run, stop.clone()).boxed(),
                None => (job.run)(stop.clone()),
            };
            running.spawn(watch(job.name, doing));
        }
        let disorder = disorder.or(context.config.bus_disorder_seed);
        let bus = bus::over(&context.config, engines, work.consumers, disorder)?;
        if let Some(consuming) = bus.consuming {
            running.spawn(watch("consumers", consuming(stop.clone())));
        }
        for kernel in work.kernels {
            if let (Some(migrating), Some(leases)) = (kernel.migrations, kernel.leases) {
                let alone = lease::alone(leases, "migrations", migrating, stop.clone());
                running.spawn(watch("migrations", alone));
            }
            // Retries are paced by real time, also where tests set the clock.
            let clock = Arc::new(SystemClock);
            let publish = Arc::clone(&bus.publish);
            let relaying = relay::run(kernel.outbox, publish, clock, stop.clone());
            running.spawn(watch("relay", relaying));
            let clock = Arc::clone(&context.clock);
            let forgetting = retention::run(kernel.retention, clock, stop.clone());
            running.spawn(watch("retention", forgetting));
        }
        Ok(Self { running, stop })
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
