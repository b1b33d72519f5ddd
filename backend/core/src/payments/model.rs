//! Payments and refunds.

use super::{Method, PaymentStatus::*};
use crate::shared::Commit;
use gateline_common::bus::{BusEvent, OrderFacts, PaymentFacts, RefundFacts};
use gateline_common::ids::{OrderId, OrgId, PaymentId, UserId};
use gateline_common::{Money, Timestamp};
use serde::{Deserialize, Serialize};

/// Where a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The gateway is being asked; nobody knows the outcome.
    Starting,
    /// The gateway holds it open.
    Pending,
    /// The money is there.
    Succeeded,
    /// No money came (a gateway may still change its mind).
    Failed,
}

/// A charge, or the attempt at one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Payment {
    /// Its id, and its idempotency key at the gateway.
    pub id: PaymentId,
    /// The order that it pays.
    pub order: OrderId,
    /// The order's short code.
    pub order_code: String,
    /// The order's organization.
    pub org: OrgId,
    /// Who pays.
    pub buyer: UserId,
    /// The gateway's name.
    pub gateway: String,
    /// How the buyer pays.
    pub method: Method,
    /// How much.
    pub amount: Money,
    /// Where it stands.
    pub status: PaymentStatus,
    /// Why it failed, in words for the buyer.
    pub failure: Option<String>,
    /// The gateway's name of the charge.
    pub reference: Option<String>,
    /// Is no real money moved?
    pub test: bool,
    /// The payment that this one repeats by the gateway's fault.
    pub repeats: Option<PaymentId>,
    /// When the order expires.
    pub pay_by: Timestamp,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When the outcome was known.
    pub settled_at: Option<Timestamp>,
    /// When the job asks the gateway how it stands; `None` is never.
    pub check_at: Option<Timestamp>,
    /// How often the job has asked.
    pub checks: u32,
    /// Rises with every change.
    pub version: u64,
}

/// A decided change of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The payment after it.
    pub payment: Payment,
    /// A second charge that the gateway made for the same key.
    pub second: Option<Payment>,
}

impl Change {
    /// What is stored with the change of `before`: its new state if that is
    /// another one, and the second payment if it was not known.
    #[must_use]
    pub fn commit(&self, before: &Payment, second_is_new: bool, now: Timestamp) -> Commit {
        let changed = (self.payment.status != before.status).then_some(&self.payment);
        let second = self.second.as_ref().filter(|_| second_is_new);
        let mut commit = Commit::nothing();
        for payment in changed.into_iter().chain(second) {
            if let Some(event) = payment.told() {
                let aggregate = format!("payment:{}", payment.id);
                commit = commit.publishing(aggregate, payment.version, now, event);
            }
        }
        commit
    }
}

impl Payment {
    /// May the money have been taken?
    #[must_use]
    pub fn is_taken(&self) -> bool {
        matches!(self.status, Starting | Succeeded)
    }

    /// What others hear of its state; `None` while nobody knows the outcome.
    #[must_use]
    pub fn told(&self) -> Option<BusEvent> {
        let facts = PaymentFacts {
            payment: self.id,
            order: self.order,
            amount: self.amount,
            test: self.test,
            failure: self.failure.clone(),
        };
        match self.status {
            Starting => None,
            Pending => Some(BusEvent::PaymentPending(facts)),
            Succeeded => Some(BusEvent::PaymentSucceeded(facts)),
            Failed => Some(BusEvent::PaymentFailed(facts)),
        }
    }
}

/// Where a refund stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStatus {
    /// Asked for; tried until it is done.
    Requested,
    /// The money went back.
    Completed,
}

/// A refund.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refund {
    /// What was asked for.
    pub facts: RefundFacts,
    /// Where it stands.
    pub status: RefundStatus,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When the money had gone back.
    pub completed_at: Option<Timestamp>,
    /// Attempts that failed.
    pub attempts: u32,
    /// When the job tries next; `None` is never.
    pub try_at: Option<Timestamp>,
    /// The place in a trace where it was asked for, if that is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
}

/// What payments keeps of an order: no name, and no address.
pub(super) fn nameless(facts: &OrderFacts) -> OrderFacts {
    OrderFacts {
        buyer: facts.buyer.nameless(),
        ..facts.clone()
    }
}

/// Does an order in this state wait for money?
pub(super) fn is_unpaid(facts: &OrderFacts) -> bool {
    use gateline_common::bus::OrderStatus;
    matches!(
        facts.status,
        OrderStatus::Created | OrderStatus::AwaitingPayment
    )
}
