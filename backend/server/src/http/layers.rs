//! What every request passes: its id, its log line, its span, its latency metric,
//! the time limit, the net under panics.
//!
//! Always true: whatever happens inside, the answer is in the one error format
//! and carries `x-request-id`. The log has the template of the route, never the
//! path: ticket codes and addresses may stand there.

use super::error::ApiError;
use super::traced;
use axum::body::Body;
use axum::extract::{MatchedPath, Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::{FutureExt, StreamExt, stream};
use gateline_common::ErrorCode;
use gateline_core::shared::{Clock, trace};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tracing::Instrument;
use tracing::field::{Empty, display};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What [`observe`] needs.
#[derive(Clone)]
pub(crate) struct Limits {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) timeout: Duration,
    /// No route reads a larger body.
    pub(crate) most_body_bytes: u64,
    /// Is this server reached over HTTPS, with a certificate that browsers trust?
    pub(crate) known_by_tls: bool,
}

/// Gives the request an id and a span, limits its time, catches its panics, and
/// tells log and metrics how it went.
pub(crate) async fn observe(
    State(limits): State<Limits>,
    request: Request,
    next: Next,
) -> Response {
    let id = request_id(&request, limits.clock.as_ref());
    let method = counted(request.method()).to_owned();
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let id_text = id.to_str().unwrap_or_default();
    let span = tracing::info_span!("request", id = id_text, trace_id = Empty);
    let step = match is_for_operators(&route) {
        true => trace::Span::none(),
        false => traced::asked(&request, &method, &route),
    };
    if let Some(trace) = step.trace_id() {
        span.record("trace_id", display(trace));
    }
    let begun = Instant::now();
    let mut response = match fit_to_be_asked(&request, limits.most_body_bytes) {
        Err(refusal) => refusal.into_response(),
        Ok(()) => {
            let answering = guarded(limits.timeout, request, next).instrument(span.clone());
            step.place().around(answering).await
        }
    };
    response = in_the_one_format(response);
    super::headers::add(response.headers_mut(), limits.known_by_tls);
    let elapsed = begun.elapsed();
    let status = response.status().as_u16();
    traced::answered(&step, status);
    span.in_scope(|| {
        let ms = elapsed.as_secs_f64() * 1000.0;
        if is_for_operators(&route) {
            tracing::debug!(method, route, status, ms, "answered");
        } else {
            tracing::info!(method, route, status, ms, "answered");
        }
    });
    let labels = [
        ("method", method),
        ("route", route),
        ("status", status.to_string()),
    ];
    metrics::histogram!("gateline_http_request_seconds", &labels).record(elapsed.as_secs_f64());
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Is it asked all the time, by whoever looks after the process?
fn is_for_operators(route: &str) -> bool {
    matches!(route, "/healthz" | "/readyz" | "/metrics")
}

/// The method as metrics and log have it. Clients may make up others, each of
/// which would be a row of its own for ever.
fn counted(method: &Method) -> &str {
    let known = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PATCH,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
    ];
    let is_known = known.contains(method);
    if is_known { method.as_str() } else { "other" }
}

/// Refuses what no route would answer: a request that does not say which host it
/// is for, and one that says of its body that no route would read it.
fn fit_to_be_asked(request: &Request, most_bytes: u64) -> Result<(), ApiError> {
    if !names_its_host(request) {
        let message = "send one `Host` header, with the name of this server";
        let refusal = ApiError::new(ErrorCode::MalformedParameter, message);
        return Err(refusal.of_field(Some("Host".to_owned())));
    }
    let announced = super::body::announced(request.headers());
    match announced.is_some_and(|bytes| bytes > most_bytes) {
        true => Err(ApiError::too_large()),
        false => Ok(()),
    }
}

/// Has it the one `Host` that HTTP/1.1 asks for (RFC 9112, 3.2)? It may be empty.
fn names_its_host(request: &Request) -> bool {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => request.version() != Version::HTTP_11,
        (Some(host), None) => {
            host.is_empty() || Authority::try_from(host.as_bytes()).is_ok_and(|it| is_host(&it))
        }
        (Some(_), Some(_)) => false,
    }
}

fn is_host(authority: &Authority) -> bool {
    !authority.as_str().contains('@')
}

async fn guarded(timeout: Duration, request: Request, next: Next) -> Response {
    let (request, waits_for_body) = watched(request);
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match tokio::time::timeout(timeout, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(panic)) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
            ApiError::internal(format_args!("panic: {}", text.unwrap_or("?"))).into_response()
        }
        Err(_) if waits_for_body.load(Ordering::Relaxed) => ApiError::new(
            ErrorCode::RequestTimeout,
            "the body of the request came too slowly; nothing was changed",
        )
        .into_response(),
        Err(_) => ApiError::new(
            ErrorCode::Timeout,
            "the request took longer than allowed; ask again before you repeat it",
        )
        .into_response(),
    }
}

/// The request, and whether somebody waits for more of its body: then it is the
/// caller who takes too long.
fn watched(request: Request) -> (Request, Arc<AtomicBool>) {
    let waits = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&waits);
    let request = request.map(|body| {
        let mut chunks = body.into_data_stream();
        Body::from_stream(stream::poll_fn(move |context| {
            let chunk = chunks.poll_next_unpin(context);
            seen.store(chunk.is_pending(), Ordering::Relaxed);
            chunk
        }))
    });
    (request, waits)
}

/// Errors of what we build upon (a file of the documentation that is not there,
/// a body that axum itself refuses) in our format.
fn in_the_one_format(response: Response) -> Response {
    let status = response.status();
    let content_type = response.headers().get(header::CONTENT_TYPE);
    let is_json = content_type.is_some_and(|value| value.as_bytes() == b"application/json");
    if is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let by_status = |code: &&ErrorCode| code.http_status() == status.as_u16();
    let code = match status {
        StatusCode::BAD_REQUEST => ErrorCode::MalformedParameter,
        StatusCode::NOT_FOUND => ErrorCode::NotFound,
        _ if status.is_server_error() => ErrorCode::Internal,
        _ => *ErrorCode::ALL
            .iter()
            .find(by_status)
            .unwrap_or(&ErrorCode::MalformedBody),
    };
    let message = status
        .canonical_reason()
        .unwrap_or("refused")
        .to_lowercase();
    let mut refusal = ApiError::new(code, message).into_response();
    if let Some(allow) = response.headers().get(header::ALLOW) {
        refusal.headers_mut().insert(header::ALLOW, allow.clone());
    }
    refusal
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

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, middleware, routing};
    use gateline_core::shared::SystemClock;
    use tower::ServiceExt;

    async fn answer_of(router: Router) -> (u16, serde_json::Value) {
        answer_to(router, Body::empty()).await
    }

    fn limits() -> Limits {
        Limits {
            clock: Arc::new(SystemClock),
            timeout: Duration::from_millis(20),
            most_body_bytes: 100,
            known_by_tls: false,
        }
    }

    async fn answer_to(router: Router, body: Body) -> (u16, serde_json::Value) {
        let app = router.layer(middleware::from_fn_with_state(limits(), observe));
        let request = Request::builder().uri("/x").header(header::HOST, "x");
        let request = request.body(body).unwrap();
        let response = app.oneshot(request).await.unwrap();
        assert!(response.headers().contains_key(REQUEST_ID));
        let status = response.status().as_u16();
        let body = axum::body::to_bytes(response.into_body(), 10_000).await;
        (status, serde_json::from_slice(&body.unwrap()).unwrap())
    }

    /// What is logged, at the most talkative, when `method` is asked of `path`.
    async fn log_of(method: &str, path: &str) -> String {
        let file = tempfile::NamedTempFile::new().unwrap();
        let logging = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(file.reopen().unwrap())
            .finish();
        let _logging = tracing::subscriber::set_default(logging);
        let found = routing::get(async || "found");
        let app = Router::new().route("/api/tickets/{event}/{serial}", found);
        let app = app.fallback(no_such_path);
        let app = app.layer(middleware::from_fn_with_state(limits(), observe));
        let request = Request::builder().method(method).uri(path);
        let request = request.header(header::HOST, "x");
        app.oneshot(request.body(Body::empty()).unwrap())
            .await
            .unwrap();
        std::fs::read_to_string(file.path()).unwrap()
    }

    #[tokio::test]
    async fn the_log_tells_a_requests_route_and_nothing_that_stands_in_its_path() {
        let code = "0123456789".repeat(20);
        let matched = format!("/api/tickets/7/{code}?code={code}");
        let log = log_of("GET", &matched).await;
        assert!(log.contains("/api/tickets/{event}/{serial}"), "{log}");
        assert!(log.contains("status=200"), "{log}");
        assert!(!log.contains(&code), "{log}");
        let log = log_of("GET", &format!("/grete@mail.example/{code}")).await;
        assert!(log.contains("unmatched"), "{log}");
        assert!(!log.contains(&code) && !log.contains("grete"), "{log}");
        let log = log_of("GRETE", &matched).await;
        assert!(log.contains("other") && !log.contains("GRETE"), "{log}");
    }

    #[tokio::test]
    async fn a_panic_is_a_500_that_tells_nothing() {
        let panics = async || -> &'static str { panic!("the secret is 42") };
        let (status, body) = answer_of(Router::new().route("/x", routing::get(panics))).await;
        assert_eq!(status, 500);
        assert_eq!(body["errors"][0]["code"], "internal");
        assert!(!body.to_string().contains("42"));
    }

    #[tokio::test]
    async fn an_error_of_others_gets_our_format() {
        let refuses = async || (StatusCode::PAYLOAD_TOO_LARGE, "plain text");
        let (status, body) = answer_of(Router::new().route("/x", routing::get(refuses))).await;
        assert_eq!(status, 413);
        assert_eq!(body["errors"][0]["code"], "too_large");
        let breaks = async || (StatusCode::BAD_GATEWAY, "at the secret shelf");
        let (status, body) = answer_of(Router::new().route("/x", routing::get(breaks))).await;
        assert_eq!(status, 500);
        assert!(!body.to_string().contains("shelf"));
    }

    #[tokio::test]
    async fn a_request_that_takes_too_long_is_a_504() {
        let hangs = async || std::future::pending::<&'static str>().await;
        let (status, body) = answer_of(Router::new().route("/x", routing::get(hangs))).await;
        assert_eq!(status, 504);
        assert_eq!(body["errors"][0]["code"], "timeout");
    }

    #[tokio::test]
    async fn a_body_that_comes_too_slowly_is_a_408() {
        let reads = async |body: String| body;
        let begun = stream::once(async { Ok::<_, std::io::Error>("{\"na") });
        let slow = Body::from_stream(begun.chain(stream::pending()));
        let (status, body) = answer_to(Router::new().route("/x", routing::get(reads)), slow).await;
        assert_eq!(status, 408);
        assert_eq!(body["errors"][0]["code"], "request_timeout");
    }
}
