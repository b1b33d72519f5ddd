//! What a service brings: routes, consumers of bus events, jobs, and the kernel of
//! the database that it keeps its state in.

use crate::kernel::Kernel;
use axum::Router;
use gateline_core::shared::Consumer;
use gateline_core::shared::lease::Repeatable;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

/// One service, assembled.
pub struct Service {
    /// Its name, as `--services` takes it.
    pub name: &'static str,
    /// What goes with its state.
    pub kernel: Kernel,
    /// Its routes with their documentation; full paths (`/api/…`).
    pub router: OpenApiRouter,
    /// What it answers to other services (`/internal/…`).
    pub internal: Router,
    /// Its consumers of bus events.
    pub consumers: Vec<Consumer>,
    /// What it does beside answering.
    pub jobs: Vec<Job>,
}

/// Work that goes on as long as the server runs; of several instances one does it,
/// unless it says otherwise.
pub struct Job {
    /// For logs, and the name of its lease.
    pub name: &'static str,
    /// Runs until the token is cancelled, then returns. One that returns or
    /// panics earlier stops the server: somebody would wait for it in vain.
    pub run: Repeatable,
    /// Do all instances do it at once, because they divide it among themselves?
    pub everywhere: bool,
}

impl Service {
    /// A service without anything yet.
    #[must_use]
    pub fn named(name: &'static str, kernel: Kernel) -> Self {
        Self {
            name,
            kernel,
            router: OpenApiRouter::new(),
            internal: Router::new(),
            consumers: Vec::new(),
            jobs: Vec::new(),
        }
    }

    /// Adds routes.
    #[must_use]
    pub fn with_routes(mut self, router: OpenApiRouter) -> Self {
        self.router = self.router.merge(router);
        self
    }

    /// Adds what it answers to other services.
    #[must_use]
    pub fn with_internal(mut self, router: Router) -> Self {
        self.internal = self.internal.merge(router);
        self
    }

    /// Adds a consumer.
    #[must_use]
    pub fn with_consumer(mut self, consumer: Consumer) -> Self {
        self.consumers.push(consumer);
        self
    }

    /// Adds a job, if there is one.
    #[must_use]
    pub fn with_job_of(mut self, job: Option<Job>) -> Self {
        self.jobs.extend(job);
        self
    }

    /// Adds a job.
    #[must_use]
    pub fn with_job(mut self, job: Job) -> Self {
        self.jobs.push(job);
        self
    }
}

impl Job {
    /// A job from an async function of the stop token; it may be begun again.
    pub fn new<F, R>(name: &'static str, run: F) -> Self
    where
        F: Fn(CancellationToken) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self {
            name,
            run: Arc::new(move |stop| Box::pin(run(stop))),
            everywhere: false,
        }
    }

    /// The same, done by all instances at once.
    #[must_use]
    pub fn everywhere(mut self) -> Self {
        self.everywhere = true;
        self
    }
}
