//! For operators: `/healthz`, `/readyz`, `/metrics`.

use crate::context::Context;
use crate::http::ApiError;
use crate::kernel::Kernel;
use axum::extract::State;
use axum::{Router, routing::get};
use gateline_common::ErrorCode;
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use std::sync::{Arc, OnceLock};

const LATENCY_BUCKETS_SECONDS: &[f64] = &[
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// The routes; they need no account and show nothing of anybody.
pub(crate) fn routes(context: &Context, kernels: &[Kernel]) -> Router {
    let asked = Asked {
        context: context.clone(),
        kernels: kernels.into(),
    };
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(show_metrics))
        .with_state(asked)
}

async fn healthz() -> &'static str {
    "alive\n"
}

/// What is asked.
#[derive(Clone)]
struct Asked {
    context: Context,
    kernels: Arc<[Kernel]>,
}

async fn readyz(State(asked): State<Asked>) -> Result<&'static str, ApiError> {
    let unavailable = |message: &str| ApiError::new(ErrorCode::Unavailable, message);
    if asked.context.stopping.is_cancelled() {
        return Err(unavailable("the server is stopping"));
    }
    for kernel in asked.kernels.iter() {
        if let Err(error) = (kernel.check)().await {
            tracing::error!(database = kernel.database, %error, "not ready");
            return Err(unavailable("the store cannot be reached"));
        }
    }
    Ok("ready\n")
}

async fn show_metrics(State(asked): State<Asked>) -> Result<String, ApiError> {
    let now = asked.context.clock.now();
    for kernel in asked.kernels.iter() {
        let (waiting, oldest) = kernel.outbox.backlog().await?;
        let age_ms = oldest.map_or(0, |at| now.since_ms(at).max(0));
        let database = [("database", kernel.database)];
        metrics::gauge!("gateline_outbox_waiting", &database).set(waiting as f64);
        metrics::gauge!("gateline_outbox_oldest_seconds", &database).set(age_ms as f64 / 1000.0);
    }
    let handle = recorder().map_err(ApiError::internal)?;
    handle.run_upkeep();
    Ok(handle.render())
}

/// Installs the process's metrics recorder at the first call.
pub(crate) fn recorder() -> Result<&'static PrometheusHandle, String> {
    static RECORDER: OnceLock<Result<PrometheusHandle, String>> = OnceLock::new();
    let install = || {
        let latency = Matcher::Suffix("_seconds".to_owned());
        PrometheusBuilder::new()
            .set_buckets_for_metric(latency, LATENCY_BUCKETS_SECONDS)
            .and_then(PrometheusBuilder::install_recorder)
            .map_err(|error| error.to_string())
    };
    RECORDER.get_or_init(install).as_ref().map_err(Clone::clone)
}
