//! Charges and refunds through a payment gateway.
//!
//! Always true: the intent to charge is durable before the gateway hears of it,
//! under a key (the payment's id) with which its outcome can be asked for at any
//! time; an outcome is stored with the event that tells it; a refund that was
//! asked for is tried until it is done. Money is never taken by code that is
//! not here, and no bus handler calls a gateway.
//!
//! Never here: what a payment means for its order (orders).

mod charge;
mod consume;
mod error;
mod gateway;
mod list;
mod model;
mod ports;
mod refund;
mod settle;
mod start;
mod webhook;
mod work;

pub use consume::KINDS;
pub use error::PaymentError;
pub use gateway::{
    Charge, ChargeRequest, Gateway, GatewayError, Method, Notice, Outcome, RefundOutcome,
    RefundRequest, TestMethod,
};
pub use model::{Change, Payment, PaymentStatus, Refund, RefundStatus};
pub use ports::{Begin, Decide, DecideBegin, Due, OrderDesk, OrderStanding, PaymentStore};

use crate::shared::{Answers, Clock};
use std::sync::Arc;
use tokio::sync::Notify;

/// The use cases of payments.
#[derive(Clone)]
pub struct Payments {
    store: Arc<dyn PaymentStore>,
    orders: Arc<dyn OrderDesk>,
    gateway: Option<Arc<dyn Gateway>>,
    answers: Arc<dyn Answers>,
    clock: Arc<dyn Clock>,
    /// Told when the job has something to do before its next round.
    work: Arc<Notify>,
}

impl Payments {
    /// Over its ports; without a gateway nothing can be charged.
    #[must_use]
    pub fn new(
        store: Arc<dyn PaymentStore>,
        orders: Arc<dyn OrderDesk>,
        gateway: Option<Arc<dyn Gateway>>,
        answers: Arc<dyn Answers>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            store,
            orders,
            gateway,
            answers,
            clock,
            work: Arc::new(Notify::new()),
        }
    }
}
