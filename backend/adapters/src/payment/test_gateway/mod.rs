//! The built-in test gateway: no money moves, and it behaves as badly as it is
//! asked to (declines, pays late, pays twice, never pays).
//!
//! Always true: it keeps its own books, as a real gateway does elsewhere; a restart
//! loses nothing of them. What it tells later it tells by signed webhooks, repeated
//! until they are taken. It is started only when the configuration names it, and
//! everything it pays is marked as a test.
//!
//! Several instances may share the books. Each draws a secret of its own, and a
//! webhook goes to the instance that sends it: the sink is in the same process.

mod books;
mod webhooks;

pub(crate) use books::refusal;
pub use books::{Books, DueWebhook, Entry, State, Webhook};
pub use webhooks::WebhookSink;

use async_trait::async_trait;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_core::payments::{
    Charge, ChargeRequest, Gateway, GatewayError, Method, Notice, Outcome, RefundOutcome,
    RefundRequest,
};
use gateline_core::shared::{Clock, StoreError, random};
use std::sync::Arc;
use tokio::sync::Notify;

/// The test gateway.
pub struct TestGateway {
    books: Arc<dyn Books>,
    clock: Arc<dyn Clock>,
    /// Signs webhooks. Drawn anew at each start: what waits is signed when it
    /// is sent.
    secret: [u8; 32],
    filled: Notify,
}

impl TestGateway {
    /// Over its books.
    #[must_use]
    pub fn new(books: Arc<dyn Books>, clock: Arc<dyn Clock>) -> Self {
        Self {
            books,
            clock,
            secret: random::bytes(),
            filled: Notify::new(),
        }
    }

    /// What it keeps of `order`, in minor units: charges that were paid, less
    /// what went back.
    ///
    /// # Errors
    /// Store failures.
    pub async fn kept_minor(&self, order: OrderId) -> Result<i64, StoreError> {
        let now = self.clock.now();
        let charges = self.books.of_order(order).await?;
        let paid = charges
            .iter()
            .filter(|(entry, _)| entry.charge(now).outcome == Outcome::Succeeded);
        Ok(paid.map(|(entry, back)| entry.amount.minor - back).sum())
    }
}

#[async_trait]
impl Gateway for TestGateway {
    fn name(&self) -> &'static str {
        "test"
    }

    fn test(&self) -> bool {
        true
    }

    fn offers(&self, method: Method) -> bool {
        matches!(method, Method::Test(_))
    }

    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, GatewayError> {
        let Method::Test(method) = request.method;
        let now = self.clock.now();
        let entries = Entry::of(request, method);
        let webhooks = webhooks::of(&entries, method, now);
        let entered = self.books.enter(request.order, &entries, &webhooks).await;
        let first = match entered.map_err(unreachable)? {
            Some(known) => known,
            None => entries[0].clone(),
        };
        self.filled.notify_one();
        Ok(first.charge(now))
    }

    async fn state(&self, key: PaymentId) -> Result<Option<Charge>, GatewayError> {
        let now = self.clock.now();
        let entry = self.books.find(key).await.map_err(unreachable)?;
        Ok(entry.map(|entry| entry.charge(now)))
    }

    async fn cancel(&self, key: PaymentId) -> Result<Option<Charge>, GatewayError> {
        let now = self.clock.now();
        let entry = self.books.give_up(key).await.map_err(unreachable)?;
        Ok(entry.map(|entry| entry.charge(now)))
    }

    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, GatewayError> {
        let refused = self.books.refund(request, self.clock.now()).await;
        match refused.map_err(unreachable)? {
            None => Ok(RefundOutcome::Completed),
            Some(why) => Err(GatewayError::Refused(why.to_owned())),
        }
    }

    fn read_webhook(&self, signature: &str, body: &[u8]) -> Result<Notice, GatewayError> {
        webhooks::read(&self.secret, signature, body)
    }
}

fn unreachable(error: StoreError) -> GatewayError {
    GatewayError::Unreachable(error.to_string())
}
