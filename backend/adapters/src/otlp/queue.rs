//! Spans on their way to the collector.

use super::collector::Collector;
use super::lost;
use opentelemetry::Context;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Span, SpanData, SpanProcessor};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Spans that may wait.
const MOST_WAITING: usize = 4_096;
/// Spans in one request.
const MOST_AT_ONCE: usize = 512;
/// How long the first of a request waits for others.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Takes spans that have ended.
#[derive(Debug)]
pub(super) struct Queue(mpsc::Sender<SpanData>);

/// A queue, and where its spans come out.
pub(super) fn empty() -> (Queue, mpsc::Receiver<SpanData>) {
    let (queue, spans) = mpsc::channel(MOST_WAITING);
    (Queue(queue), spans)
}

impl SpanProcessor for Queue {
    fn on_start(&self, _: &mut Span, _: &Context) {}

    fn on_end(&self, span: SpanData) {
        if self.0.try_send(span).is_err() {
            lost("no_room", 1);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        Ok(())
    }

    fn shutdown_with_timeout(&self, _: Duration) -> OTelSdkResult {
        Ok(())
    }
}

/// Takes them to the collector, until `stop`; then those that are left.
pub(super) async fn deliver(
    mut spans: mpsc::Receiver<SpanData>,
    mut collector: Collector,
    stop: CancellationToken,
) {
    while let Some(together) = next(&mut spans, &stop).await {
        collector.send(together).await;
    }
}

/// The next ones: as many as fit, or those that came within a while. `None` at the end.
async fn next(
    spans: &mut mpsc::Receiver<SpanData>,
    stop: &CancellationToken,
) -> Option<Vec<SpanData>> {
    let first = loop {
        tokio::select! {
            biased;
            () = stop.cancelled(), if !spans.is_closed() => spans.close(),
            first = spans.recv() => break first?,
        }
    };
    let mut together = vec![first];
    let gathering = async {
        while together.len() < MOST_AT_ONCE
            && let Some(span) = spans.recv().await
        {
            together.push(span);
        }
    };
    tokio::select! {
        biased;
        () = gathering => {}
        () = tokio::time::sleep(LONGEST_WAIT) => {}
        () = stop.cancelled() => {}
    }
    Some(together)
}
