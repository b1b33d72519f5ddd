//! Structured logs on standard error.

use crate::config::{Config, LogFormat};
use anyhow::Context as _;
use std::io::IsTerminal;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;

/// Starts logging for the process.
///
/// # Errors
/// When the filter cannot be read or logging was started before.
pub fn start(config: &Config) -> anyhow::Result<()> {
    let filter = filter(&config.log).context("log: not a valid filter")?;
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

/// What was asked for. The broker's client tells a message that no queue took with all
/// that is in it, names and addresses of buyers too: of it only errors are told, unless
/// it is asked for by its name.
fn filter(asked: &str) -> anyhow::Result<EnvFilter> {
    let parts: Vec<&str> = asked.split(',').map(str::trim).collect();
    let filter = EnvFilter::try_new(parts.join(","))?;
    let mut targets = parts.iter().map(|part| part.split(['=', '[']).next());
    let is_named = targets.any(|target| target == Some("lapin"));
    let tells_more = filter
        .max_level_hint()
        .is_none_or(|most| most > LevelFilter::ERROR);
    if is_named || !tells_more {
        return Ok(filter);
    }
    Ok(filter.add_directive("lapin=error".parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tracing::{Level, enabled};

    /// Are told: a returned message, an error of the broker's client, what we say.
    fn told(asked: &str) -> [bool; 3] {
        let builder = tracing_subscriber::fmt().with_env_filter(filter(asked).unwrap());
        tracing::subscriber::with_default(builder.finish(), || {
            [
                enabled!(target: "lapin::returned_messages", Level::WARN),
                enabled!(target: "lapin::channels", Level::ERROR),
                enabled!(target: "gateline_core::orders", Level::INFO),
            ]
        })
    }

    #[test]
    fn messages_of_the_broker_are_told_only_to_who_names_its_client() {
        for asked in [
            "info",
            "trace",
            "debug,gateline_core=info",
            "warn,gateline_core=trace",
            "info,lapin::io_loop=debug",
        ] {
            assert_eq!(told(asked), [false, true, true], "{asked}");
        }
        for asked in [
            "info,lapin=warn",
            " lapin=debug , info",
            "lapin::returned_messages=warn,info",
        ] {
            assert_eq!(told(asked), [true, true, true], "{asked}");
        }
        assert_eq!(told("info,lapin=off"), [false, false, true]);
        assert_eq!(told("error"), [false, true, false]);
        assert_eq!(told("off"), [false, false, false]);
        assert!(filter("info,lapin=loudly").is_err());
    }
}
