//! The span of a request, with OpenTelemetry's words for HTTP.
//!
//! Always true: it has the template of the route, never the path or the query: ticket
//! codes and addresses may stand there.

use axum::extract::Request;
use gateline_core::shared::trace::{KeyValue, Span, SpanKind};

/// Begins where the caller says, if it says so.
pub(super) fn asked(request: &Request, method: &str, route: &str) -> Span {
    let place = request.headers().get("traceparent");
    let place = place.and_then(|place| place.to_str().ok());
    let method = if method == "other" { "_OTHER" } else { method };
    if route == "unmatched" {
        let span = Span::following(place, SpanKind::Server, format_args!("{method}"));
        span.note(|| [KeyValue::new("http.request.method", method.to_owned())]);
        return span;
    }
    let span = Span::following(place, SpanKind::Server, format_args!("{method} {route}"));
    span.note(|| {
        [
            KeyValue::new("http.request.method", method.to_owned()),
            KeyValue::new("http.route", route.to_owned()),
        ]
    });
    span
}

/// It was answered with this status.
pub(super) fn answered(span: &Span, status: u16) {
    let code = "http.response.status_code";
    span.note(|| [KeyValue::new(code, i64::from(status))]);
    if status >= 500 {
        span.failed(format_args!("{status}"));
    }
}
