//! Why nothing is charged.

use super::GatewayError;
use crate::shared::{IdempotencyError, StoreError};
use gateline_common::bus::OrderStatus;

/// Nothing was charged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PaymentError {
    /// There is no such order or payment, or it is not the caller's to see.
    #[error("there is no such thing here")]
    NotFound,
    /// The order's state does not allow a payment.
    #[error("{1}")]
    OrderState(OrderStatus, &'static str),
    /// The order's time ran out.
    #[error("the time of this order ran out")]
    OrderExpired,
    /// Another charge of the order has succeeded or is under way.
    #[error("a payment of this order is under way")]
    UnderWay,
    /// Too many attempts at one order.
    #[error("too many payments of this order were tried; place it again")]
    TooManyAttempts,
    /// The gateway declined; its words for the buyer.
    #[error("{0}")]
    Declined(String),
    /// The configured gateway has no such method.
    #[error("the payment gateway has no such method")]
    Method,
    /// No gateway is configured.
    #[error("no payment gateway is configured")]
    NoGateway,
    /// The gateway, or a webhook that says to be from it.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The idempotency key cannot be used.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
