//! The test gateway's books: charges, refunds, and webhooks that wait. What they
//! say is decided here; where they lie is the adapter's.

use async_trait::async_trait;
use gateline_common::ids::{OrderId, PaymentId};
use gateline_common::{Money, Timestamp};
use gateline_core::payments::{Charge, ChargeRequest, Outcome, RefundRequest, TestMethod};
use gateline_core::shared::StoreError;
use serde::{Deserialize, Serialize};

/// `pays_late` pays this long after the order's time ran out.
const LATE_BY_MS: i64 = 1_000;

/// One charge.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The idempotency key of the request.
    pub key: PaymentId,
    /// The gateway's name of it.
    pub reference: String,
    /// How much.
    pub amount: Money,
    /// How it stands.
    pub state: State,
}

/// How a charge stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum State {
    /// The money is there.
    Paid,
    /// None came.
    Declined,
    /// Neither yet.
    Open,
    /// Open until then, paid from then on; can no longer be given up.
    PaysAt(Timestamp),
    /// None will come.
    GivenUp,
}

/// A webhook that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// When.
    pub due_at: Timestamp,
    /// What it says; it is signed when it is sent.
    pub body: String,
}

/// One that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueWebhook {
    /// The books' name of it.
    pub id: String,
    /// How often it was sent in vain.
    pub attempts: u32,
    /// What it says.
    pub body: String,
}

/// Where the books lie. Each call is one transaction.
#[async_trait]
pub trait Books: Send + Sync {
    /// Enters the charges of a key, with their webhooks. Of a key that is known
    /// it enters nothing, and returns the first charge as it stands.
    async fn enter(
        &self,
        order: OrderId,
        entries: &[Entry],
        webhooks: &[Webhook],
    ) -> Result<Option<Entry>, StoreError>;
    /// The first charge of `key`.
    async fn find(&self, key: PaymentId) -> Result<Option<Entry>, StoreError>;
    /// Gives the first charge of `key` up if it is open; as it then stands.
    async fn give_up(&self, key: PaymentId) -> Result<Option<Entry>, StoreError>;
    /// Pays back, once per key, unless `refusal` says why not; returns that. Of
    /// several at once, each sees what the others paid back.
    async fn refund(
        &self,
        request: &RefundRequest,
        now: Timestamp,
    ) -> Result<Option<&'static str>, StoreError>;
    /// The charges of `order`, each with what went back of it, in minor units.
    async fn of_order(&self, order: OrderId) -> Result<Vec<(Entry, i64)>, StoreError>;
    /// Up to `limit` webhooks that are due at `now`, longest waiting first.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Vec<DueWebhook>, StoreError>;
    /// When the next webhook is due.
    async fn next(&self) -> Result<Option<Timestamp>, StoreError>;
    /// A webhook was taken and is forgotten, or it is due again at a later time.
    async fn sent(&self, id: &str, again_at: Option<Timestamp>) -> Result<(), StoreError>;
}

/// Why nothing is paid back of a charge of which `refunded` went back.
pub(crate) fn refusal(
    charge: Option<(&Entry, i64)>,
    request: &RefundRequest,
    now: Timestamp,
) -> Option<&'static str> {
    let Some((entry, refunded)) = charge else {
        return Some("there is no such charge");
    };
    if entry.charge(now).outcome != Outcome::Succeeded {
        return Some("the charge is not paid");
    }
    let left = entry.amount.minor.saturating_sub(refunded);
    if entry.amount.currency != request.amount.currency || request.amount.minor > left {
        return Some("more than is left of the charge");
    }
    None
}

impl Entry {
    /// The charges that `method` makes of `request`; the first is the one that
    /// was asked for.
    pub(super) fn of(request: &ChargeRequest, method: TestMethod) -> Vec<Self> {
        let entry = |suffix: &str, state| Self {
            key: request.key,
            reference: format!("test_{}{suffix}", request.key.0.simple()),
            amount: request.amount,
            state,
        };
        let late = State::PaysAt(request.pay_by.plus_ms(LATE_BY_MS));
        match method {
            TestMethod::Pays => vec![entry("", State::Paid)],
            TestMethod::Declines => vec![entry("", State::Declined)],
            TestMethod::PaysLate => vec![entry("", late)],
            TestMethod::PaysTwice => vec![entry("", State::Paid), entry("_again", State::Paid)],
            TestMethod::NeverPays => vec![entry("", State::Open)],
        }
    }

    /// What the gateway says of it.
    pub(super) fn charge(&self, now: Timestamp) -> Charge {
        let outcome = match &self.state {
            State::Paid => Outcome::Succeeded,
            State::PaysAt(at) if *at <= now => Outcome::Succeeded,
            State::Open | State::PaysAt(_) => Outcome::Pending,
            State::Declined => Outcome::Failed("The test gateway declined.".into()),
            State::GivenUp => Outcome::Failed("The payment was given up.".into()),
        };
        Charge {
            reference: self.reference.clone(),
            amount: self.amount,
            outcome,
        }
    }
}
