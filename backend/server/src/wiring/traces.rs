//! Where the spans of this process go, if they go anywhere.

use crate::config::Config;
use anyhow::Context as _;
use gateline_adapters::otlp::{Otlp, OtlpSettings};
use gateline_core::shared::trace;
use std::time::Duration;

/// How long the end of the process waits for the collector.
const LONGEST_FINISH: Duration = Duration::from_secs(3);

/// The traces of a process.
pub struct Traces(Option<Otlp>);

impl Traces {
    /// Has this process record its spans from now on, if the configuration says where
    /// they go.
    ///
    /// # Errors
    /// When that is no address. A collector that is away is no error.
    pub fn start(config: &Config) -> anyhow::Result<Self> {
        let Some(url) = config.otlp_url.as_deref() else {
            return Ok(Self(None));
        };
        let settings = OtlpSettings {
            url,
            service: service(config),
            version: env!("CARGO_PKG_VERSION"),
            sample_ratio: config.otlp_sample_ratio,
        };
        let otlp = Otlp::start(&settings).context("otlp_url")?;
        trace::record(otlp.tracer());
        Ok(Self(Some(otlp)))
    }

    /// Sends what waits, for a moment at most.
    pub async fn finish(self) {
        if let Some(otlp) = self.0 {
            otlp.finish(LONGEST_FINISH).await;
        }
    }
}

/// By what name the process is known where traces are looked at.
fn service(config: &Config) -> String {
    match config.services.as_slice() {
        [alone] => format!("gateline-{alone}"),
        _ => "gateline".to_owned(),
    }
}
