//! Finds out who asks, once per request, counts what an account asks, says how
//! large a body it may send, and renews the cookie of a browser.
//!
//! Always true: a cookie alone lets nobody change anything from a page of
//! another site. `SameSite=Lax` is the first fence, this is the second.

use super::body::Allowance;
use super::cookie::BrowserCookie;
use super::error::ApiError;
use super::extract::Caller;
use super::idempotent::FingerprintSecret;
use super::rates::Rates;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use gateline_core::auth::Identify;
use std::sync::Arc;

/// What [`identify`] needs.
#[derive(Clone)]
pub(crate) struct Gatekeeper {
    pub(crate) identity: Arc<dyn Identify>,
    pub(crate) rates: Rates,
    /// The bodies of accounts.
    pub(crate) bodies: Allowance,
    pub(crate) cookie: BrowserCookie,
    pub(crate) fingerprint: FingerprintSecret,
    /// The address that browsers use, if it is configured.
    pub(crate) public_url: Option<String>,
}

/// Puts the [`Caller`] into the request's extensions.
pub(crate) async fn identify(
    State(keeper): State<Gatekeeper>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    let (caller, renewed) = keeper.caller(&parts).await;
    if let Caller::Known(principal) = &caller
        && let Err(refusal) = keeper.rates.take_of(principal.user).await
    {
        return refusal.into_response();
    }
    parts.extensions.insert(match caller {
        Caller::Known(_) => keeper.bodies,
        _ => keeper.bodies.of_a_stranger(),
    });
    parts.extensions.insert(caller);
    parts.extensions.insert(keeper.fingerprint);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    let headers = response.headers_mut();
    if let Some(token) = renewed
        && !headers.contains_key(header::SET_COOKIE)
        && let Some(cookie) = keeper.cookie.carrying(&token)
    {
        headers.insert(header::SET_COOKIE, cookie);
    }
    response
}

impl Gatekeeper {
    /// Who asks, and the token that replaces the one in the cookie.
    async fn caller(&self, request: &Parts) -> (Caller, Option<String>) {
        let headers = &request.headers;
        if let Some(token) = bearer(headers) {
            let caller = match self.identity.identify(token).await {
                Ok(identified) => Caller::Known(identified.principal),
                Err(error) => Caller::BadToken(error.into()),
            };
            return (caller, None);
        }
        let Some(token) = self.cookie.value(headers) else {
            return (Caller::Nobody, None);
        };
        match self.identity.identify(&token).await {
            Ok(_) if self.is_cross_site(request) => (Caller::CrossSite, None),
            Ok(identified) => (Caller::Known(identified.principal), identified.renewed),
            Err(error) => (Caller::StaleCookie(ApiError::from(error)), None),
        }
    }

    fn is_cross_site(&self, request: &Parts) -> bool {
        let safe = [Method::GET, Method::HEAD, Method::OPTIONS];
        if safe.contains(&request.method) {
            return false;
        }
        let headers = &request.headers;
        let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or(""));
        if let Some(site) = text("sec-fetch-site") {
            return site != "same-origin" && site != "none";
        }
        let Some(origin) = text("origin") else {
            return false; // no browser
        };
        let origin = authority(origin);
        let host = text("host").map(str::to_owned);
        let host = host.or_else(|| request.uri.authority().map(ToString::to_string));
        let public = self.public_url.as_deref().and_then(authority);
        origin.is_none() || (origin != host && origin != public)
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?;
    let (scheme, token) = value.to_str().unwrap_or_default().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

fn authority(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    Some(uri.authority()?.to_string())
}
