//! Configuration: command line, then environment (`GATELINE_…`), then a TOML
//! file, then defaults; the first that says something counts.

mod distributed;
mod network;
mod settings;

pub use network::{Network, NotANetwork};
pub use settings::{Config, LogFormat, ServiceName, Settings};

use crate::http::cookie::{self, BrowserCookie};
use anyhow::{Context as _, ensure};
use gateline_adapters::seal::KeyFile;
use gateline_core::shared::rate::Allowance;
use std::path::Path;

/// How long a browser that signed in stays known: 400 days, the most that
/// browsers keep a cookie.
const DEVICE_KNOWN_SECONDS: u64 = 400 * 86_400;

impl Settings {
    /// What `file` says; nothing without one.
    ///
    /// # Errors
    /// When it cannot be read, or has unknown or badly typed keys.
    pub fn read(file: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = file else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        toml::from_str(&text)
            .with_context(|| format!("{} is no valid configuration", path.display()))
    }
}

impl Config {
    /// Reads `file`, puts `settings` above it, and refuses what would lie.
    ///
    /// # Errors
    /// When the file cannot be read, has unknown or badly typed keys, or the
    /// whole makes no sense.
    pub fn load(settings: Settings, file: Option<&Path>) -> anyhow::Result<Self> {
        let config = settings.or(Settings::read(file)?).resolve();
        config.check()?;
        Ok(config)
    }

    /// Does this server, or what stands before it, speak HTTPS?
    #[must_use]
    pub fn is_https(&self) -> bool {
        let public = self.public_url.as_deref().unwrap_or_default();
        self.tls_self_signed || self.tls_cert.is_some() || public.starts_with("https://")
    }

    /// Where browsers and gates reach this server, without a slash at the end.
    #[must_use]
    pub fn address(&self) -> String {
        let scheme = if self.is_https() { "https" } else { "http" };
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("{scheme}://{}", self.listen),
        }
    }

    /// The file of the keys that seal the store.
    #[must_use]
    pub fn store_key_file(&self) -> KeyFile {
        let given = self.store_key_file.clone();
        KeyFile::at(given.unwrap_or_else(|| self.data.join("store-key")))
    }

    /// Does this process run the service?
    #[must_use]
    pub fn runs(&self, service: ServiceName) -> bool {
        self.services.contains(&service)
    }

    /// How much one account may ask.
    pub(crate) fn account_allowance(&self) -> Allowance {
        Allowance {
            per_second: self.account_requests_per_second,
            burst: self.account_burst,
        }
    }

    /// How much one device may ask.
    pub(crate) fn device_allowance(&self) -> Allowance {
        Allowance {
            per_second: self.device_requests_per_second,
            burst: self.device_burst,
        }
    }

    pub(crate) fn session_cookie(&self) -> BrowserCookie {
        BrowserCookie {
            name: cookie::SESSION.over(self.is_https()),
            secure: self.is_https(),
            max_age_seconds: self.token_ttl_seconds,
        }
    }

    pub(crate) fn device_cookie(&self) -> BrowserCookie {
        BrowserCookie {
            name: cookie::DEVICE.over(self.is_https()),
            secure: self.is_https(),
            max_age_seconds: DEVICE_KNOWN_SECONDS,
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        distributed::check(self)?;
        ensure!(
            self.tls_cert.is_some() == self.tls_key.is_some(),
            "tls_cert and tls_key go together"
        );
        ensure!(
            !(self.tls_self_signed && self.tls_cert.is_some()),
            "tls_self_signed makes a certificate; tls_cert names one: choose"
        );
        if let Some(gateway) = &self.payment_gateway {
            ensure!(
                gateway == "test",
                "payment_gateway `{gateway}` is unknown; there is `test`"
            );
        }
        ensure!(
            self.token_ttl_seconds > 0 && self.token_ttl_seconds <= self.session_ttl_seconds,
            "token_ttl_seconds must be between 1 and session_ttl_seconds"
        );
        ensure!(
            (0.0..=1.0).contains(&self.otlp_sample_ratio),
            "otlp_sample_ratio must be between 0 and 1"
        );
        for (name, value) in [
            (
                "account_requests_per_second",
                self.account_requests_per_second,
            ),
            ("account_burst", self.account_burst),
            (
                "device_requests_per_second",
                self.device_requests_per_second,
            ),
            ("device_burst", self.device_burst),
        ] {
            ensure!(
                value > 0,
                "{name} must be at least 1: with 0 nobody is served"
            );
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_counts_more_than_the_file_and_the_file_more_than_the_default() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("gateline.toml");
        std::fs::write(&file, "data = \"kept\"\norder_hold_seconds = 60\n").unwrap();
        let given = Settings {
            order_hold_seconds: Some(30),
            ..Settings::default()
        };
        let config = Config::load(given, Some(&file)).unwrap();
        assert_eq!(config.order_hold_seconds, 30);
        assert_eq!(config.data, Path::new("kept"));
        assert_eq!(config.session_ttl_seconds, 30 * 86_400);
    }

    #[test]
    fn an_unknown_key_of_the_file_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("gateline.toml");
        std::fs::write(&file, "listenn = \"127.0.0.1:1\"\n").unwrap();
        let error = Config::load(Settings::default(), Some(&file)).unwrap_err();
        assert!(format!("{error:#}").contains("listenn"));
    }
}
