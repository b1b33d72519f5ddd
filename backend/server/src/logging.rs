//! Structured logs on standard error.

use crate::config::{Config, LogFormat};
use anyhow::Context as _;
use std::io::IsTerminal;
use tracing_subscriber::EnvFilter;

/// Starts logging for the process.
///
/// # Errors
/// When the filter cannot be read or logging was started before.
pub fn start(config: &Config) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&config.log).context("log: not a valid filter")?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // By itself it complains on standard error, and panics when that is what is gone.
        .log_internal_errors(false)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let started = match config.log_format {
        LogFormat::Text => builder.try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| anyhow::anyhow!("cannot start logging: {error}"))
}
