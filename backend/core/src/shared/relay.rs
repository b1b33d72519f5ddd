//! The relay: moves committed events from the outbox to the bus, at least once.
//!
//! Always true: an entry leaves the outbox only after the bus took it. One that
//! fails, hangs or panics in a consumer does not hold up the others.

use crate::shared::{Bus, Clock, ConsumeError, Outbox, OutboxEntry, StoreError};
use futures::FutureExt;
use std::collections::HashSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const MOST_ON_THE_WAY: usize = 512;
const LONGEST_DELIVERY: Duration = Duration::from_secs(15);
const FIRST_DELAY_MS: i64 = 20;
const LONGEST_DELAY_MS: i64 = 30_000;
const IDLE_POLL: Duration = Duration::from_millis(250);
const LAST_DELIVERIES: Duration = Duration::from_secs(2);

/// Runs until `stop`; then lets what is on the way arrive, for a moment. What
/// does not is still in the outbox.
pub async fn run(
    outbox: Arc<dyn Outbox>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    let mut relay = Relay {
        outbox,
        bus,
        clock,
        on_the_way: HashSet::new(),
        deliveries: JoinSet::new(),
    };
    while !stop.is_cancelled() {
        if let Err(error) = relay.send_what_is_due().await {
            tracing::error!(%error, "the outbox cannot be read");
        }
        let outbox = Arc::clone(&relay.outbox);
        let full = relay.on_the_way.len() >= MOST_ON_THE_WAY;
        tokio::select! {
            Some(done) = relay.deliveries.join_next() => relay.settle(done.ok()).await,
            () = outbox.wait(), if !full => {}
            () = tokio::time::sleep(IDLE_POLL) => {}
            () = stop.cancelled() => {}
        }
    }
    let rest = async {
        while let Some(done) = relay.deliveries.join_next().await {
            relay.settle(done.ok()).await;
        }
    };
    drop(tokio::time::timeout(LAST_DELIVERIES, rest).await);
}

type Delivered = (OutboxEntry, Result<(), ConsumeError>);

struct Relay {
    outbox: Arc<dyn Outbox>,
    bus: Arc<dyn Bus>,
    clock: Arc<dyn Clock>,
    on_the_way: HashSet<Uuid>,
    deliveries: JoinSet<Delivered>,
}

impl Relay {
    async fn send_what_is_due(&mut self) -> Result<(), StoreError> {
        let room = MOST_ON_THE_WAY.saturating_sub(self.on_the_way.len());
        if room == 0 {
            return Ok(());
        }
        let limit = u32::try_from(room).unwrap_or(u32::MAX);
        let now = self.clock.now();
        for entry in self.outbox.due(now, limit, &self.on_the_way).await? {
            if self.on_the_way.insert(entry.envelope.id) {
                let bus = Arc::clone(&self.bus);
                self.deliveries.spawn(deliver(bus, entry));
            }
        }
        Ok(())
    }

    /// Books this delivery and those that ended beside it.
    async fn settle(&mut self, first: Option<Delivered>) {
        let mut done: Vec<Delivered> = first.into_iter().collect();
        while let Some(next) = self.deliveries.try_join_next() {
            done.extend(next.ok());
        }
        let mut published = Vec::new();
        let mut postponed = Vec::new();
        for (entry, result) in &done {
            match result {
                Ok(()) => published.push(entry.envelope.id),
                Err(error) => {
                    log_failure(entry, error);
                    let at = self.clock.now().plus_ms(delay_ms(entry.attempts));
                    postponed.push((entry.envelope.id, at));
                }
            }
        }
        if let Err(error) = self.book(&published, &postponed).await {
            tracing::error!(%error, "the outbox cannot be written; events will come again");
        }
        for (entry, _) in &done {
            self.on_the_way.remove(&entry.envelope.id);
        }
    }

    async fn book(
        &self,
        published: &[Uuid],
        postponed: &[(Uuid, gateline_common::Timestamp)],
    ) -> Result<(), StoreError> {
        if !published.is_empty() {
            self.outbox.published(published).await?;
        }
        if !postponed.is_empty() {
            self.outbox.postpone(postponed).await?;
        }
        Ok(())
    }
}

async fn deliver(bus: Arc<dyn Bus>, entry: OutboxEntry) -> Delivered {
    let publishing = AssertUnwindSafe(bus.publish(&entry.envelope)).catch_unwind();
    let result = match tokio::time::timeout(LONGEST_DELIVERY, publishing).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(ConsumeError::Failed("a consumer panicked".into())),
        Err(_) => Err(ConsumeError::Failed("a consumer takes too long".into())),
    };
    (entry, result)
}

fn delay_ms(attempts: u32) -> i64 {
    FIRST_DELAY_MS
        .saturating_mul(1 << attempts.min(16))
        .min(LONGEST_DELAY_MS)
}

fn log_failure(entry: &OutboxEntry, error: &ConsumeError) {
    let kind = entry.envelope.body.kind();
    let event = entry.envelope.id;
    if entry.attempts < 8 {
        tracing::debug!(%event, kind, attempts = entry.attempts, %error, "event is tried again");
    } else {
        tracing::warn!(%event, kind, attempts = entry.attempts, %error, "event is still not consumed");
    }
    metrics::counter!("gateline_bus_retries_total", "kind" => kind).increment(1);
}
