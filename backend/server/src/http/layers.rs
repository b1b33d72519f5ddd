//! What every request passes: its id, its log line, its latency metric, the
//! time limit, the net under panics.
//!
//! Always true: whatever happens inside, the answer is in the one error format
//! and carries `x-request-id`.

use super::error::ApiError;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use gateline_common::ErrorCode;
use gateline_core::shared::Clock;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tracing::Instrument;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What [`observe`] needs.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timeout: Duration,
}

/// Gives the request an id and a span, limits its time, catches its panics, and
/// tells log and metrics how it went.
pub(crate) async fn observe(
    State(limits): State<Limits>,
    request: Request,
    next: Next,
) -> Response {
    let id = request_id(&request, limits.clock.as_ref());
    let method = request.method().clone();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", id = id.to_str().unwrap_or_default());
    let begun = Instant::now();
    let mut response = guarded(limits.timeout, request, next)
        .instrument(span.clone())
        .await;
    let elapsed = begun.elapsed();
    let status = response.status().as_u16();
    span.in_scope(|| {
        let ms = elapsed.as_secs_f64() * 1000.0;
        if route == "/healthz" || route == "/readyz" || route == "/metrics" {
            tracing::debug!(%method, path, status, ms, "answered");
        } else {
            tracing::info!(%method, path, status, ms, "answered");
        }
    });
    let labels = [
        ("method", method.to_string()),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::histogram!("gateline_http_request_seconds", &labels).record(elapsed.as_secs_f64());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

async fn guarded(timeout: Duration, request: Request, next: Next) -> Response {
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(timeout, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            ApiError::internal(format_args!("panic: {}", text.unwrap_or("?"))).into_response()
        }
        Err(_) => ApiError::new(
            ErrorCode::Timeout,
            "the request took longer than allowed; ask again before you repeat it",
        )
        .into_response(),
    }
}

/// The caller's own id if it is a decent one, otherwise a new one.
fn request_id(request: &Request, clock: &dyn Clock) -> HeaderValue {
    let decent = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=64).contains(&bytes.len())
            && bytes
                .iter()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(byte))
    };
    let given = request.headers().get(&REQUEST_ID).filter(decent).cloned();
    given.unwrap_or_else(|| {
        let id = gateline_core::shared::random::uuid(clock.now()).to_string();
        HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("none"))
    })
}

/// Answers for paths that do not exist.
pub(crate) async fn no_such_path() -> ApiError {
    ApiError::new(ErrorCode::NotFound, "there is no such path")
}

/// Answers for paths that exist with another method.
pub(crate) async fn no_such_method() -> ApiError {
    ApiError::new(
        ErrorCode::MethodNotAllowed,
        "this path does not have this method",
    )
}
