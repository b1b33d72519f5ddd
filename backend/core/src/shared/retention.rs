//! What the kernel keeps only for a while: answers of idempotent requests and
//! marks of consumed events.

use crate::shared::{Clock, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::time::DAY_MS;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long a repeated request still gets the first one's answer.
const KEPT_MS: i64 = 30 * DAY_MS;
const EVERY: Duration = Duration::from_secs(6 * 3600);

/// Forgets what is old.
#[async_trait]
pub trait Retention: Send + Sync {
    /// Forgets kept answers, and marks of events, from before `before`; a mark
    /// stays as long as its event waits in the outbox. Says how many.
    async fn forget_before(&self, before: Timestamp) -> Result<u64, StoreError>;
}

/// Forgets now and then until `stop`.
pub async fn run(retention: Arc<dyn Retention>, clock: Arc<dyn Clock>, stop: CancellationToken) {
    loop {
        match retention.forget_before(clock.now().plus_ms(-KEPT_MS)).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "forgot old answers and marks"),
            Err(error) => tracing::warn!(%error, "old answers and marks stay for now"),
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.cancelled() => return,
        }
    }
}
