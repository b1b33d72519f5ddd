//! The cookies of a browser: the token of its session, and the mark by which a
//! sign-in knows it again.

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::time::Duration;
use cookie::{Cookie, SameSite};

/// The session's cookie.
pub(crate) const SESSION: Names = Names {
    plain: "gateline_session",
    of_host: "__Host-gateline_session",
};

/// The cookie by which a device is known.
pub(crate) const DEVICE: Names = Names {
    plain: "gateline_device",
    of_host: "__Host-gateline_device",
};

/// The names of one cookie. Browsers take one that begins with `__Host-` only
/// over HTTPS and from the very host, so no neighbouring domain can plant it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Names {
    pub(crate) plain: &'static str,
    of_host: &'static str,
}

impl Names {
    /// The name where this server is reached over HTTPS, or not.
    pub(crate) const fn over(self, https: bool) -> &'static str {
        if https { self.of_host } else { self.plain }
    }
}

/// How a cookie is set here.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BrowserCookie {
    /// Its name.
    pub(crate) name: &'static str,
    /// Only over HTTPS.
    pub(crate) secure: bool,
    /// How long the browser keeps it.
    pub(crate) max_age_seconds: u64,
}

impl BrowserCookie {
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
        let cookie = Cookie::build((self.name, value))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure)
            .max_age(max_age);
        HeaderValue::from_str(&cookie.to_string()).ok()
    }

    /// Its value in a request.
    pub(crate) fn value(self, headers: &HeaderMap) -> Option<String> {
        let lines = headers.get_all(header::COOKIE).into_iter();
        let texts = lines.filter_map(|line| line.to_str().ok());
        texts
            .flat_map(Cookie::split_parse)
            .filter_map(Result::ok)
            .find(|cookie| cookie.name() == self.name && !cookie.value().is_empty())
            .map(|cookie| cookie.value().to_owned())
    }
}
