//! The test gateway's webhooks: kept until they are taken, and signed.
//!
//! The signature is HMAC-SHA256 of the body, in hex.

use super::TestGateway;
use super::books::{Entry, State, Webhook};
use async_trait::async_trait;
use gateline_common::ids::PaymentId;
use gateline_common::{Money, Timestamp};
use gateline_core::payments::{Charge, GatewayError, Notice, Outcome, TestMethod};
use gateline_core::shared::StoreError;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const BATCH: u32 = 64;
const FIRST_PAUSE_MS: i64 = 200;
const LONGEST_PAUSE_MS: i64 = 60_000;
/// The longest sleep: the machine may be suspended, or its clock set.
const LONGEST_SLEEP_MS: i64 = 1_000;

/// Where webhooks go: the same code that serves the webhook's path.
#[async_trait]
pub trait WebhookSink: Send + Sync {
    /// Takes a webhook; on an error it comes again.
    async fn take(&self, gateway: &str, signature: &str, body: &[u8]) -> Result<(), String>;
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    key: PaymentId,
    reference: String,
    amount: Money,
    succeeded: bool,
}

/// What is told of `entries`, and when.
pub(super) fn of(entries: &[Entry], method: TestMethod, now: Timestamp) -> Vec<Webhook> {
    let told = match method {
        // Told by the answer; a gateway that says nothing more is the hardest.
        TestMethod::Pays | TestMethod::Declines | TestMethod::NeverPays => return Vec::new(),
        TestMethod::PaysLate | TestMethod::PaysTwice => entries,
    };
    let bodies = told.iter().filter_map(|entry| {
        let due_at = match entry.state {
            State::PaysAt(at) => at,
            _ => now,
        };
        let body = Body {
            key: entry.key,
            reference: entry.reference.clone(),
            amount: entry.amount,
            succeeded: true,
        };
        let body = serde_json::to_string(&body).ok()?;
        Some(Webhook { due_at, body })
    });
    // Each comes twice, as webhooks do.
    bodies.flat_map(|notice| [notice.clone(), notice]).collect()
}

pub(super) fn read(
    secret: &[u8; 32],
    signature: &str,
    body: &[u8],
) -> Result<Notice, GatewayError> {
    let given = hex::decode(signature).map_err(|_| GatewayError::BadSignature)?;
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else {
        return Err(GatewayError::BadSignature);
    };
    mac.update(body);
    mac.verify_slice(&given)
        .map_err(|_| GatewayError::BadSignature)?;
    let body: Body = serde_json::from_slice(body).map_err(|_| GatewayError::Malformed)?;
    let outcome = if body.succeeded {
        Outcome::Succeeded
    } else {
        Outcome::Failed("The test gateway declined.".into())
    };
    Ok(Notice {
        key: body.key,
        charge: Charge {
            reference: body.reference,
            amount: body.amount,
            outcome,
        },
    })
}

impl TestGateway {
    /// The signature of a webhook's body.
    pub(super) fn sign(&self, body: &[u8]) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.secret) else {
            return String::new();
        };
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    }

    /// The job that sends webhooks, until `stop`. It sleeps until the next one.
    pub async fn run(&self, sink: &dyn WebhookSink, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let wake_at = match self.send_due(sink).await {
                Ok(wake_at) => wake_at,
                Err(error) => {
                    tracing::error!(%error, "the test gateway cannot read its books");
                    self.clock.now().plus_ms(FIRST_PAUSE_MS)
                }
            };
            let away_ms = wake_at.since_ms(self.clock.now()).max(1);
            tokio::select! {
                () = tokio::time::sleep(Duration::from_millis(away_ms.unsigned_abs())) => {}
                () = self.filled.notified() => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Sends every webhook that is due; returns when to look again.
    ///
    /// # Errors
    /// Store failures.
    pub async fn send_due(&self, sink: &dyn WebhookSink) -> Result<Timestamp, StoreError> {
        let now = self.clock.now();
        for webhook in self.books.due(now, BATCH).await? {
            let body = webhook.body.as_bytes();
            let taken = sink.take("test", &self.sign(body), body).await;
            let again_at = taken.is_err().then(|| {
                let pause_ms = FIRST_PAUSE_MS.saturating_mul(1 << webhook.attempts.min(12));
                self.clock.now().plus_ms(pause_ms.min(LONGEST_PAUSE_MS))
            });
            self.books.sent(&webhook.id, again_at).await?;
        }
        let latest = now.plus_ms(LONGEST_SLEEP_MS);
        let next = self.books.next().await?;
        Ok(next.map_or(latest, |next| next.min(latest)))
    }
}
