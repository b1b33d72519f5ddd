//! Runs the server: store, services, bus, relay, jobs and HTTP, until told to
//! stop; then stops accepting, lets requests finish, and stops jobs and relay.

use crate::background::{Background, Work};
use crate::claim::claim;
use crate::config::Config;
use crate::connections::{self, Door};
use crate::context::Context;
use crate::http::body::{Allowance, SMALL_BYTES};
use crate::http::checkin::MAX_SYNC_BYTES;
use crate::http::idempotent::FingerprintSecret;
use crate::http::identify::{Gatekeeper, identify};
use crate::http::layers::{self, Limits};
use crate::http::rates::Rates;
use crate::kernel::{self, Kernel};
use crate::service::{Job, Service};
use crate::{openapi, ops, tls, wiring};
use axum::extract::DefaultBodyLimit;
use axum::response::Redirect;
use axum::routing::get;
use axum::{Router, middleware};
use gateline_core::shared::{Clock, SystemClock};
use std::fs::File;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::SwaggerUi;

/// What tests replace.
#[derive(Clone)]
pub struct Surroundings {
    /// The domain's time.
    pub clock: Arc<dyn Clock>,
    /// Seed by which the in-process bus repeats, delays and reorders.
    pub disorder: Option<u64>,
}

impl Default for Surroundings {
    fn default() -> Self {
        Self {
            clock: Arc::new(SystemClock),
            disorder: None,
        }
    }
}

/// Serves on `listener` until `shutdown`, and calls `ready` once it holds the
/// store and will answer; `ready` gets the configuration as it is in effect.
///
/// # Errors
/// When something cannot be set up, or a job ended before its time.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
    ready: impl FnOnce(&Config) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let surroundings = Surroundings::default();
    run_until(surroundings, config, listener, shutdown, ready).await
}

/// The same in other surroundings.
///
/// # Errors
/// As [`run`].
pub async fn run_in(
    surroundings: Surroundings,
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    run_until(surroundings, config, listener, shutdown, |_| Ok(())).await
}

async fn run_until(
    surroundings: Surroundings,
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
    ready: impl FnOnce(&Config) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    ops::recorder().map_err(anyhow::Error::msg)?;
    let mut config = config;
    config.listen = listener.local_addr()?;
    let _claim = claim_store(&config)?;
    let stopping = shutdown.child_token();
    let foundation = wiring::open(config, surroundings.clock, stopping.clone()).await?;
    let context = &foundation.context;
    let tls = tls::from(&context.config)?;
    let parts = Parts::of(foundation.services().await?);
    let app = app(context, parts.router, parts.internal, &parts.work.kernels);
    ready(&context.config)?;
    let disorder = surroundings.disorder;
    let mut background = Background::start(context, &foundation.engines, parts.work, disorder)?;

    let grace = Duration::from_secs(context.config.shutdown_seconds);
    let idle = Duration::from_secs(context.config.connection_idle_seconds);
    let most = connections::most(context.config.max_connections);
    let door = Door::new(app, most, stopping.clone());
    let serving = serve(door, listener, tls, idle, stopping.clone(), grace);
    tokio::pin!(serving);
    let ended = tokio::select! {
        served = &mut serving => served.map(|()| None),
        Some(name) = background.ended() => {
            tracing::error!(job = name, "a job ended before its time; stopping");
            stopping.cancel();
            serving.await.map(|()| Some(name))
        }
    };
    background.stop(grace).await;
    match ended? {
        Some(name) => anyhow::bail!("the job `{name}` ended before its time"),
        None => Ok(()),
    }
}

/// A server without a listener, in this process: its routes are asked directly.
pub struct InProcess {
    /// Its routes, with all layers.
    pub router: Router,
    background: Background,
    _claim: Option<File>,
}

impl InProcess {
    /// Assembles and starts everything but the listener.
    ///
    /// # Errors
    /// As [`run`].
    pub async fn start(surroundings: Surroundings, config: Config) -> anyhow::Result<Self> {
        ops::recorder().map_err(anyhow::Error::msg)?;
        let claim = claim_store(&config)?;
        let stopping = CancellationToken::new();
        let foundation = wiring::open(config, surroundings.clock, stopping).await?;
        let context = &foundation.context;
        let parts = Parts::of(foundation.services().await?);
        let router = app(context, parts.router, parts.internal, &parts.work.kernels);
        let (engines, disorder) = (&foundation.engines, surroundings.disorder);
        Ok(Self {
            router,
            background: Background::start(context, engines, parts.work, disorder)?,
            _claim: claim,
        })
    }

    /// A job that has ended before its time, if one has.
    pub fn has_lost_a_job(&mut self) -> Option<&'static str> {
        self.background.has_ended()
    }
}

/// The embedded store is one process's; MongoDB is everybody's.
fn claim_store(config: &Config) -> anyhow::Result<Option<File>> {
    match config.is_distributed() {
        true => Ok(None),
        false => claim(&config.data).map(Some),
    }
}

/// The services' parts, by kind.
struct Parts {
    router: OpenApiRouter,
    internal: Router,
    work: Work,
}

impl Parts {
    fn of(services: Vec<Service>) -> Self {
        let mut parts = Self {
            router: OpenApiRouter::new(),
            internal: Router::new(),
            work: Work {
                kernels: Vec::new(),
                consumers: Vec::new(),
                jobs: Vec::new(),
            },
        };
        let mut kernels: Vec<Kernel> = Vec::new();
        for service in services {
            parts.router = parts.router.merge(service.router);
            parts.internal = parts.internal.merge(service.internal);
            parts.work.consumers.extend(service.consumers);
            let of_jobs = service.kernel.clone();
            let jobs = service
                .jobs
                .into_iter()
                .map(|job: Job| (job, of_jobs.clone()));
            parts.work.jobs.extend(jobs);
            kernels.push(service.kernel);
        }
        parts.work.kernels = kernel::distinct(kernels);
        parts
    }
}

fn app(context: &Context, router: OpenApiRouter, internal: Router, kernels: &[Kernel]) -> Router {
    let limits = Limits {
        clock: Arc::clone(&context.clock),
        timeout: Duration::from_secs(context.config.request_timeout_seconds),
        most_body_bytes: context.config.max_body_bytes.max(MAX_SYNC_BYTES) as u64,
        known_by_tls: context.config.is_https() && !context.config.tls_self_signed,
    };
    let keeper = Gatekeeper {
        identity: Arc::clone(&context.identity),
        rates: Rates::of(context),
        bodies: Allowance::of(context.config.max_body_bytes),
        cookie: context.config.session_cookie(),
        fingerprint: FingerprintSecret(context.secrets.fingerprint),
        public_url: context.config.public_url.clone(),
    };
    let (router, api) = router.split_for_parts();
    let (docs, document) = (SwaggerUi::new("/api/docs"), "/api/openapi.json");
    let docs = match context.config.is_distributed() {
        true => docs.external_url_unchecked(document, openapi::of_all_services()),
        false => docs.url(document, openapi::complete(api)),
    };
    router
        .route("/", get(Redirect::temporary("/api/docs/")))
        .merge(docs)
        .merge(internal)
        .merge(ops::routes(context, kernels))
        .fallback(layers::no_such_path)
        .method_not_allowed_fallback(layers::no_such_method)
        // For what is not read by `http::body`; nothing is.
        .layer(DefaultBodyLimit::max(SMALL_BYTES))
        .layer(middleware::from_fn_with_state(keeper, identify))
        .layer(middleware::from_fn_with_state(limits, layers::observe))
}

async fn serve(
    door: Door,
    listener: TcpListener,
    tls: Option<tls::Tls>,
    idle: Duration,
    stopping: CancellationToken,
    grace: Duration,
) -> anyhow::Result<()> {
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    let handle = axum_server::Handle::new();
    let stopper = tokio::spawn({
        let handle = handle.clone();
        async move {
            stopping.cancelled().await;
            tracing::info!("stopping");
            handle.graceful_shutdown(Some(grace));
        }
    });
    let served = match tls {
        Some(tls) => {
            let sha256 = gateline_common::Hash(tls.fingerprint);
            tracing::info!(%address, certificate_sha256 = %sha256, "serving HTTPS");
            let server = axum_server::from_tcp_rustls(listener, tls.rustls)?;
            let server = server.map(|acceptor| acceptor.handshake_timeout(idle));
            let server = connections::impatient(server, idle);
            server.handle(handle).serve(door).await
        }
        None => {
            tracing::info!(%address, "serving HTTP");
            let server = axum_server::from_tcp(listener)?;
            let server = connections::impatient(server, idle);
            server.handle(handle).serve(door).await
        }
    };
    stopper.abort();
    Ok(served?)
}

/// The OpenAPI document of the services that `config` enables.
pub(crate) async fn describe(config: Config) -> anyhow::Result<utoipa::openapi::OpenApi> {
    let (clock, stopping) = (Arc::new(SystemClock), CancellationToken::new());
    let foundation = wiring::open(config, clock, stopping).await?;
    let parts = Parts::of(foundation.services().await?);
    Ok(openapi::complete(parts.router.into_openapi()))
}
