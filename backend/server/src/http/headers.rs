//! The headers that keep browsers from doing more with an answer than was meant.
//!
//! Always true: every answer has them, refusals too. What a handler says of
//! caching or of its content stands.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};

/// What is no page may load nothing and act on nothing, wherever it is opened.
const NO_PAGE: &str = "default-src 'none'; frame-ancestors 'none'";
/// A page has scripts of this server alone. Its style may stand in it, as the
/// viewer of the API's document has it.
const PAGE: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; \
    frame-ancestors 'none'";
/// Two years, as browsers' preload lists want at least one.
const ONLY_HTTPS: &str = "max-age=63072000";

/// Adds them. `known_by_tls`: browsers trust this server's certificate, so
/// they are told to come over HTTPS only. Of a certificate of its own they
/// would let nobody in any more.
pub(crate) fn add(headers: &mut HeaderMap, known_by_tls: bool) {
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let policy = if is_page { PAGE } else { NO_PAGE };
    let unless_said = [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, policy),
    ];
    for (name, value) in unless_said {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if known_by_tls {
        let value = HeaderValue::from_static(ONLY_HTTPS);
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &'static str, known_by_tls: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        add(&mut headers, known_by_tls);
        headers
    }

    #[test]
    fn a_page_may_use_what_is_here_and_anything_else_nothing() {
        let page = of("text/html; charset=utf-8", false);
        assert_eq!(page["content-security-policy"], PAGE);
        for kind in ["application/json", "image/svg+xml", "application/pdf"] {
            assert_eq!(of(kind, false)["content-security-policy"], NO_PAGE);
        }
    }

    #[test]
    fn only_a_server_that_browsers_trust_asks_for_https_for_ever() {
        assert!(of("text/html", true).contains_key("strict-transport-security"));
        assert!(!of("text/html", false).contains_key("strict-transport-security"));
    }

    #[test]
    fn what_a_handler_says_of_caching_stands() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CACHE_CONTROL,
            HeaderValue::from_static("max-age=60"),
        );
        add(&mut headers, false);
        assert_eq!(headers["cache-control"], "max-age=60");
        assert_eq!(headers["x-content-type-options"], "nosniff");
    }
}
