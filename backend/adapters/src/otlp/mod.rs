//! Spans to a collector: OTLP over HTTP, with bodies of protobuf.
//!
//! Always true: nobody waits for the collector. Spans wait in a queue that has an end;
//! what finds no room there, and what the collector does not take, is counted and lost.

mod collector;
mod queue;

use collector::Collector;
use gateline_core::shared::random;
use gateline_core::shared::trace::KeyValue;
use opentelemetry::global::BoxedTracer;
use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use std::time::Duration;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Where spans go, and what is said of who sends them.
#[derive(Clone)]
pub struct OtlpSettings<'a> {
    /// `http://host:4318`, or `https://…`, with a name and a password if it wants them.
    pub url: &'a str,
    /// What the collector calls this process.
    pub service: String,
    /// Its release.
    pub version: &'static str,
    /// Of traces that begin here, the share that is recorded: 0 to 1.
    pub sample_ratio: f64,
}

/// Why there is nowhere to send spans to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OtlpError {
    /// The address cannot be used.
    #[error("this is no address of a collector, such as http://localhost:4318")]
    Url,
    /// There is no HTTP client.
    #[error("no HTTP client can be made: {0}")]
    Client(String),
}

/// The way to a collector.
pub struct Otlp {
    provider: SdkTracerProvider,
    delivering: JoinHandle<()>,
    stop: CancellationToken,
}

impl Otlp {
    /// Begins to deliver, on the runtime of the caller.
    ///
    /// # Errors
    /// When the address is none. A collector that is away is no error.
    pub fn start(settings: &OtlpSettings<'_>) -> Result<Self, OtlpError> {
        let collector = Collector::at(settings.url, &resource(settings))?;
        let (queue, spans) = queue::empty();
        let share = Sampler::TraceIdRatioBased(settings.sample_ratio);
        let provider = SdkTracerProvider::builder()
            .with_span_processor(queue)
            .with_sampler(Sampler::ParentBased(Box::new(share)))
            .build();
        let stop = CancellationToken::new();
        let delivering = queue::deliver(spans, collector, stop.clone());
        Ok(Self {
            provider,
            delivering: tokio::spawn(delivering),
            stop,
        })
    }

    /// What makes its spans.
    #[must_use]
    pub fn tracer(&self) -> BoxedTracer {
        BoxedTracer::new(Box::new(self.provider.tracer("gateline")))
    }

    /// Delivers what waits, for so long at most. What is made later is lost.
    pub async fn finish(self, longest: Duration) {
        self.stop.cancel();
        let delivered = tokio::time::timeout(longest, self.delivering).await;
        if delivered.is_err() {
            tracing::warn!("the last traces did not reach the collector in time");
        }
    }
}

/// Who sends; `OTEL_RESOURCE_ATTRIBUTES` may say more.
fn resource(settings: &OtlpSettings<'_>) -> Resource {
    let instance = uuid::Builder::from_random_bytes(random::bytes()).into_uuid();
    Resource::builder()
        .with_service_name(settings.service.clone())
        .with_attributes([
            KeyValue::new("service.version", settings.version),
            KeyValue::new("service.instance.id", instance.to_string()),
        ])
        .build()
}

/// Counts spans that nobody will see.
fn lost(cause: &'static str, count: usize) {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    metrics::counter!("gateline_spans_lost_total", "cause" => cause).increment(count);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_address_of_a_collector_is_refused() {
        for url in ["collector:4318", "ftp://collector", "http://", "/", ""] {
            let settings = OtlpSettings {
                url,
                service: "gateline".to_owned(),
                version: "1",
                sample_ratio: 1.0,
            };
            assert_eq!(Otlp::start(&settings).err(), Some(OtlpError::Url), "{url}");
        }
    }
}
