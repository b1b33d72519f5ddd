//! What payments needs from its surroundings, besides the gateway.

use super::{Change, Payment, PaymentError, Refund};
use crate::shared::{Commit, IdempotencyKey, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::bus::OrderFacts;
use gateline_common::ids::{OrderId, PaymentId, RefundId};

/// What is known of an order, as it stands inside the writing transaction.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderStanding {
    /// The newest facts.
    pub facts: Option<OrderFacts>,
    /// No charge begins for a deadline up to this.
    pub closed: Option<Timestamp>,
    /// Its payments.
    pub payments: Vec<Payment>,
    /// Those of them that go back or went back.
    pub refunded: Vec<PaymentId>,
}

/// Decides whether and how a payment begins; only looks and answers.
pub type DecideBegin = Box<dyn Fn(&OrderStanding) -> Result<Payment, PaymentError> + Send + Sync>;

/// A payment to be begun, decided and stored in one transaction.
pub struct Begin {
    /// The order's facts as orders told them just now, with their version.
    pub facts: OrderFacts,
    /// Their version.
    pub version: u64,
    /// The request's idempotency key.
    pub key: Option<IdempotencyKey>,
    /// The decision.
    pub decide: DecideBegin,
}

/// Decides about a payment; `None` leaves it as it is.
pub type Decide = Box<dyn Fn(&Payment) -> Option<Change> + Send + Sync>;

/// What waits for the job.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// Payments whose outcome is to be asked for, each with what is known of
    /// its order.
    pub payments: Vec<(Payment, OrderStanding)>,
    /// Refunds to be made, each with its payment (a free order has none).
    pub refunds: Vec<(Refund, Option<Payment>)>,
}

/// Payments, refunds, and what is known of orders.
#[async_trait]
pub trait PaymentStore: Send + Sync {
    /// Begins a payment: takes the order's facts if they are newer than the
    /// ones held, decides by what then stands there, and stores the payment
    /// with its answer. A key that was answered before is `AlreadyAnswered`
    /// before anything is decided.
    async fn begin(&self, begin: Begin) -> Result<Payment, PaymentError>;
    /// Changes a payment by a decision inside one transaction; stores the
    /// events that the changed and the second payment tell. A second payment
    /// that is known already is left as it is. `NotFound` for an unknown one.
    async fn change(
        &self,
        payment: PaymentId,
        now: Timestamp,
        decide: Decide,
    ) -> Result<Payment, PaymentError>;
    /// Takes an order's facts if `version` is higher than the one held. Open
    /// payments of an order that is no longer unpaid are due at once.
    async fn learn_order(
        &self,
        facts: &OrderFacts,
        version: u64,
        now: Timestamp,
        commit: &Commit,
    ) -> Result<(), StoreError>;
    /// Payments of the order that may have been taken. With `close`, no charge
    /// begins afterwards for a deadline up to it; both in one transaction.
    async fn taken(
        &self,
        order: OrderId,
        close: Option<Timestamp>,
    ) -> Result<Vec<PaymentId>, StoreError>;
    /// One payment.
    async fn find(&self, payment: PaymentId) -> Result<Option<Payment>, StoreError>;
    /// The payments of an order, oldest first.
    async fn of_order(&self, order: OrderId) -> Result<Vec<Payment>, StoreError>;
    /// The refund of a payment.
    async fn refund_of(&self, payment: PaymentId) -> Result<Option<Refund>, StoreError>;
    /// Stores a new refund; one that is known already is left as it is.
    async fn add_refund(&self, refund: &Refund, commit: &Commit) -> Result<(), StoreError>;
    /// Replaces a refund that is not completed; a completed one stays, and the
    /// commit is not stored.
    async fn save_refund(&self, refund: &Refund, commit: &Commit) -> Result<(), StoreError>;
    /// One refund.
    async fn find_refund(&self, refund: RefundId) -> Result<Option<Refund>, StoreError>;
    /// Up to `limit` of each that are due at `now`, longest waiting first.
    async fn due(&self, now: Timestamp, limit: u32) -> Result<Due, StoreError>;
    /// When the next one is due.
    async fn next(&self) -> Result<Option<Timestamp>, StoreError>;
}

/// Where the current state of an order is asked for, and held.
#[async_trait]
pub trait OrderDesk: Send + Sync {
    /// The order's facts with their version.
    async fn current(&self, order: OrderId) -> Result<Option<(OrderFacts, u64)>, StoreError>;
    /// The same, at the moment from which on the lines of the order stay as they
    /// are: until orders heard the outcome of `payment`, or it is released. Of
    /// an order that waits for no money nothing is held.
    async fn hold(
        &self,
        order: OrderId,
        payment: PaymentId,
    ) -> Result<Option<(OrderFacts, u64)>, StoreError>;
    /// `payment` was not begun: the lines may change again.
    async fn release(&self, order: OrderId, payment: PaymentId) -> Result<(), StoreError>;
}
