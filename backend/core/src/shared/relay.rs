//! The relay: moves committed events from the outbox to the bus, at least once.
//!
//! Always true: an entry leaves the outbox only after the bus took it. One that
//! fails does not hold up the others.

use crate::shared::{Bus, Clock, Outbox, OutboxEntry, StoreError};
use futures::{StreamExt, stream};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH: u32 = 256;
const CONCURRENT: usize = 64;
const FIRST_DELAY_MS: i64 = 20;
const LONGEST_DELAY_MS: i64 = 30_000;
const IDLE_POLL: Duration = Duration::from_millis(250);

/// Runs until `stop`.
pub async fn run(
    outbox: Arc<dyn Outbox>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    while !stop.is_cancelled() {
        match round(outbox.as_ref(), bus.as_ref(), clock.as_ref()).await {
            Ok(moved) if moved > 0 => {}
            Ok(_) => idle(outbox.as_ref(), &stop).await,
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                idle(outbox.as_ref(), &stop).await;
            }
        }
    }
}

async fn idle(outbox: &dyn Outbox, stop: &CancellationToken) {
    tokio::select! {
        () = outbox.wait() => {}
        () = tokio::time::sleep(IDLE_POLL) => {}
        () = stop.cancelled() => {}
    }
}

/// Publishes what is due once. Returns how many entries were published.
///
/// # Errors
/// When the outbox cannot be read or written.
pub async fn round(
    outbox: &dyn Outbox,
    bus: &dyn Bus,
    clock: &dyn Clock,
) -> Result<usize, StoreError> {
    let due = outbox.due(clock.now(), BATCH).await?;
    let results: Vec<_> = stream::iter(due)
        .map(|entry| async move {
            let result = bus.publish(&entry.envelope).await;
            (entry, result)
        })
        .buffer_unordered(CONCURRENT)
        .collect()
        .await;
    let mut published = Vec::new();
    let mut postponed = Vec::new();
    for (entry, result) in results {
        match result {
            Ok(()) => published.push(entry.envelope.id),
            Err(error) => {
                log_failure(&entry, &error);
                let at = clock.now().plus_ms(delay_ms(entry.attempts));
                postponed.push((entry.envelope.id, at));
            }
        }
    }
    if !published.is_empty() {
        outbox.published(&published).await?;
    }
    if !postponed.is_empty() {
        outbox.postpone(&postponed).await?;
    }
    Ok(published.len())
}

fn delay_ms(attempts: u32) -> i64 {
    FIRST_DELAY_MS
        .saturating_mul(1 << attempts.min(16))
        .min(LONGEST_DELAY_MS)
}

fn log_failure(entry: &OutboxEntry, error: &crate::shared::ConsumeError) {
    let kind = entry.envelope.body.kind();
    let event = entry.envelope.id;
    if entry.attempts < 8 {
        tracing::debug!(%event, kind, attempts = entry.attempts, %error, "event is tried again");
    } else {
        tracing::warn!(%event, kind, attempts = entry.attempts, %error, "event is still not consumed");
    }
    metrics::counter!("gateline_bus_retries_total", "kind" => kind).increment(1);
}
