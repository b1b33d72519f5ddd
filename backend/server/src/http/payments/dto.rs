//! The JSON of payments.

use gateline_common::ids::{OrderId, PaymentId, RefundId};
use gateline_common::{Money, Timestamp};
use gateline_core::payments::{Method, Payment, PaymentStatus, Refund, TestMethod};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Somebody pays an order.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPaymentBody {
    pub(super) order: OrderId,
    pub(super) method: MethodBody,
}

/// How the buyer pays.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MethodBody {
    /// With the built-in test gateway.
    Test(TestMethodBody),
}

/// What the test gateway does.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TestMethodBody {
    /// Pays at once.
    Pays,
    /// Declines at once.
    Declines,
    /// Pays one second after the order's time ran out.
    PaysLate,
    /// Pays at once, and a second time.
    PaysTwice,
    /// Stays open.
    NeverPays,
}

impl From<MethodBody> for Method {
    fn from(body: MethodBody) -> Self {
        let MethodBody::Test(test) = body;
        Self::Test(match test {
            TestMethodBody::Pays => TestMethod::Pays,
            TestMethodBody::Declines => TestMethod::Declines,
            TestMethodBody::PaysLate => TestMethod::PaysLate,
            TestMethodBody::PaysTwice => TestMethod::PaysTwice,
            TestMethodBody::NeverPays => TestMethod::NeverPays,
        })
    }
}

/// Which payments.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct PaymentsQuery {
    /// Of this order.
    pub(super) order: OrderId,
}

/// Payments of one order.
#[derive(Serialize, ToSchema)]
pub(super) struct PaymentsBody {
    pub(super) items: Vec<PaymentBody>,
}

/// A payment.
#[derive(Serialize, ToSchema)]
pub(super) struct PaymentBody {
    pub(super) id: PaymentId,
    pub(super) order: OrderId,
    pub(super) amount: Money,
    pub(super) status: PaymentStatusBody,
    /// Why it failed.
    pub(super) failure: Option<String>,
    /// The gateway's name.
    pub(super) gateway: String,
    /// Through the test gateway: no real money.
    pub(super) test: bool,
    pub(super) created_at: Timestamp,
    /// When the outcome was known.
    pub(super) settled_at: Option<Timestamp>,
    pub(super) refund: Option<PaymentRefundBody>,
}

/// Where a payment stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum PaymentStatusBody {
    /// The gateway has not answered yet.
    Starting,
    /// The gateway holds it open.
    Pending,
    /// Paid.
    Succeeded,
    /// Not paid.
    Failed,
}

/// A refund of a payment.
#[derive(Serialize, ToSchema)]
pub(super) struct PaymentRefundBody {
    pub(super) id: RefundId,
    pub(super) amount: Money,
    pub(super) reason: String,
    pub(super) requested_at: Timestamp,
    /// When the money had gone back; `null` while it is on its way.
    pub(super) completed_at: Option<Timestamp>,
}

impl From<(Payment, Option<Refund>)> for PaymentBody {
    fn from((payment, refund): (Payment, Option<Refund>)) -> Self {
        Self {
            id: payment.id,
            order: payment.order,
            amount: payment.amount,
            status: match payment.status {
                PaymentStatus::Starting => PaymentStatusBody::Starting,
                PaymentStatus::Pending => PaymentStatusBody::Pending,
                PaymentStatus::Succeeded => PaymentStatusBody::Succeeded,
                PaymentStatus::Failed => PaymentStatusBody::Failed,
            },
            failure: payment.failure,
            gateway: payment.gateway,
            test: payment.test,
            created_at: payment.created_at,
            settled_at: payment.settled_at,
            refund: refund.map(|refund| PaymentRefundBody {
                id: refund.facts.refund,
                amount: refund.facts.amount,
                reason: refund.facts.reason,
                requested_at: refund.requested_at,
                completed_at: refund.completed_at,
            }),
        }
    }
}
