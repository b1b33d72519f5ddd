//! The job: asks for outcomes that nobody told, gives up charges that nobody
//! wants, and makes refunds.

use super::{OrderStanding, Payment, Payments};
use crate::shared::StoreError;
use crate::shared::trace::{Span, SpanKind};
use futures::{StreamExt, stream};
use gateline_common::Timestamp;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH: u32 = 64;
const CONCURRENT: usize = 8;
/// Also the longest sleep: the machine may be suspended, or its clock set.
const LONGEST_SLEEP_MS: i64 = 1_000;
const RETRY_MS: i64 = 500;

impl Payments {
    /// Runs until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wake_at = match self.work_off().await {
                Ok(wake_at) => wake_at,
                Err(error) => {
                    tracing::error!(%error, "payments cannot be read or written");
                    self.clock.now().plus_ms(RETRY_MS)
                }
            };
            let away_ms = wake_at.since_ms(self.clock.now()).max(1);
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(away_ms.unsigned_abs())) => {}
                () = self.work.notified() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Does what is due once; returns when to look again.
    ///
    /// # Errors
    /// Store failures; what was not done stays due.
    pub async fn work_off(&self) -> Result<Timestamp, StoreError> {
        let now = self.clock.now();
        let due = self.store.due(now, BATCH).await?;
        let checks = stream::iter(due.payments).map(|(payment, standing)| {
            let own = self.clone();
            async move {
                let span = Span::begin(SpanKind::Internal, format_args!("check charge"));
                let checking = own.check_or_postpone(&payment, &standing);
                span.place().around(checking).await;
            }
        });
        let checks = checks.buffer_unordered(CONCURRENT);
        checks.collect::<Vec<()>>().await;
        let refunds = stream::iter(due.refunds).map(|(refund, payment)| {
            let own = self.clone();
            async move {
                let asked = refund.trace.as_deref();
                let span = Span::following(asked, SpanKind::Internal, format_args!("pay back"));
                let paying = own.pay_back(&refund, payment.as_ref());
                span.place().around(paying).await
            }
        });
        let results: Vec<_> = refunds.buffer_unordered(CONCURRENT).collect().await;
        results.into_iter().collect::<Result<(), _>>()?;
        let latest = now.plus_ms(LONGEST_SLEEP_MS);
        let next = self.store.next().await?;
        Ok(next.map_or(latest, |next| next.min(latest)))
    }

    async fn check_or_postpone(&self, payment: &Payment, standing: &OrderStanding) {
        let Err(error) = self.check(payment, standing).await else {
            return;
        };
        tracing::warn!(payment = %payment.id, %error, "the outcome of a charge stays unknown");
        if let Err(error) = self.postpone(payment).await {
            tracing::error!(payment = %payment.id, %error, "a check was not put off");
        }
    }
}
