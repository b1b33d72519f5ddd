//! The cookie that carries a browser's token.

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

/// Its name.
pub(crate) const NAME: &str = "gateline_session";

/// How the cookie is set here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SessionCookie {
    /// Only over HTTPS.
    pub(crate) secure: bool,
    /// How long the browser keeps it.
    pub(crate) max_age_seconds: u64,
}

impl SessionCookie {
    /// The header that sets it.
    pub(crate) fn carrying(self, token: &str) -> Option<HeaderValue> {
        let seconds = i64::try_from(self.max_age_seconds).unwrap_or(i64::MAX);
        self.header(token, Duration::seconds(seconds))
    }

    /// The header that takes it away.
    pub(crate) fn removed(self) -> Option<HeaderValue> {
        self.header("", Duration::ZERO)
    }

    fn header(self, value: &str, max_age: Duration) -> Option<HeaderValue> {
        let cookie = Cookie::build((NAME, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(max_age);
        HeaderValue::from_str(&cookie.to_string()).ok()
    }

    /// The token in a request's cookies.
    pub(crate) fn token(self, headers: &HeaderMap) -> Option<String> {
        let lines = headers.get_all(header::COOKIE).into_iter();
        let texts = lines.filter_map(|line| line.to_str().ok());
        texts
            .flat_map(Cookie::split_parse)
            .filter_map(Result::ok)
            .find(|cookie| cookie.name() == NAME && !cookie.value().is_empty())
            .map(|cookie| cookie.value().to_owned())
    }
}
