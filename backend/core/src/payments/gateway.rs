//! The port to a payment gateway.

use async_trait::async_trait;
use gateline_common::ids::{OrderId, PaymentId, RefundId};
use gateline_common::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// How the buyer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// With the built-in test gateway.
    Test(TestMethod),
}

/// What the test gateway does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TestMethod {
    /// Pays at once.
    Pays,
    /// Declines at once.
    Declines,
    /// Pays after the order's time ran out.
    PaysLate,
    /// Pays at once, and a second time.
    PaysTwice,
    /// Stays open.
    NeverPays,
}

/// What to charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeRequest {
    /// The idempotency key at the gateway.
    pub key: PaymentId,
    /// What is paid.
    pub order: OrderId,
    /// Its short code, for statements.
    pub order_code: String,
    /// How much.
    pub amount: Money,
    /// How.
    pub method: Method,
    /// When the order expires.
    pub pay_by: Timestamp,
}

/// What the gateway says of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Charge {
    /// The gateway's own name of it. Two charges for one key have two.
    pub reference: String,
    /// What it is worth.
    pub amount: Money,
    /// How it went.
    pub outcome: Outcome,
}

/// How a charge went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It is open.
    Pending,
    /// The money is there.
    Succeeded,
    /// It failed, in words for the buyer.
    Failed(String),
}

/// What to pay back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundRequest {
    /// The idempotency key at the gateway.
    pub key: RefundId,
    /// The gateway's name of the charge.
    pub reference: String,
    /// How much.
    pub amount: Money,
}

/// How a refund went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundOutcome {
    /// The money went back.
    Completed,
    /// It is on its way; ask again.
    Pending,
}

/// A gateway's message about a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The key of the charge.
    pub key: PaymentId,
    /// How it stands.
    pub charge: Charge,
}

/// Why a gateway did not answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatewayError {
    /// It could not be reached or failed: whether it did it is unknown.
    #[error("the payment gateway does not answer: {0}")]
    Unreachable(String),
    /// It refused the request for good.
    #[error("the payment gateway refused: {0}")]
    Refused(String),
    /// The webhook's signature is not the gateway's.
    #[error("the webhook's signature is not the gateway's")]
    BadSignature,
    /// The webhook is signed, but makes no sense.
    #[error("the webhook cannot be read")]
    Malformed,
}

/// A payment gateway.
///
/// `charge` and `refund` are idempotent by their key: with one that came before
/// they only say how that stands. Outcomes are also told by webhooks, at least
/// once and in any order.
#[async_trait]
pub trait Gateway: Send + Sync {
    /// Its name, as configured and in the webhook's path.
    fn name(&self) -> &'static str;
    /// Is no real money moved?
    fn test(&self) -> bool;
    /// Does it offer `method`?
    fn offers(&self, method: Method) -> bool;
    /// Starts a charge.
    async fn charge(&self, request: &ChargeRequest) -> Result<Charge, GatewayError>;
    /// How the charge of `key` stands; `None` if the gateway never heard of it.
    async fn state(&self, key: PaymentId) -> Result<Option<Charge>, GatewayError>;
    /// Gives an open charge up if that is still possible, and says how it stands.
    async fn cancel(&self, key: PaymentId) -> Result<Option<Charge>, GatewayError>;
    /// Pays back.
    async fn refund(&self, request: &RefundRequest) -> Result<RefundOutcome, GatewayError>;
    /// Checks and reads a webhook.
    fn read_webhook(&self, signature: &str, body: &[u8]) -> Result<Notice, GatewayError>;
}
