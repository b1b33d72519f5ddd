//! What a service brings: routes, consumers of bus events, and jobs.

use futures::future::BoxFuture;
use gateline_core::shared::Consumer;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

/// One service, assembled.
pub struct Service {
    /// Its name, as `--services` takes it.
    pub name: &'static str,
    /// Its routes with their documentation; full paths (`/api/…`).
    pub router: OpenApiRouter,
    /// Its consumers of bus events.
    pub consumers: Vec<Consumer>,
    /// What it does beside answering.
    pub jobs: Vec<Job>,
}

/// Work that goes on as long as the server runs.
pub struct Job {
    /// For logs.
    pub name: &'static str,
    /// Runs until the token is cancelled, then returns. One that returns or
    /// panics earlier stops the server: somebody would wait for it in vain.
    pub run: Box<dyn FnOnce(CancellationToken) -> BoxFuture<'static, ()> + Send>,
}

impl Service {
    /// A service without anything yet.
    #[must_use]
    pub fn named(name: &'static str) -> Self {
        Self {
            name,
            router: OpenApiRouter::new(),
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

    /// Adds a consumer.
    #[must_use]
    pub fn with_consumer(mut self, consumer: Consumer) -> Self {
        self.consumers.push(consumer);
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
    /// A job from an async function of the stop token.
    pub fn new<F, R>(name: &'static str, run: F) -> Self
    where
        F: FnOnce(CancellationToken) -> R + Send + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Self {
            name,
            run: Box::new(move |stop| Box::pin(run(stop))),
        }
    }
}
