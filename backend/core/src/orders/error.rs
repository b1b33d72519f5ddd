//! Why an order is not placed, changed or refunded.

use crate::shared::{IdempotencyError, StoreError};
use gateline_common::Money;
use gateline_common::bus::OrderStatus;
use gateline_common::ids::TicketTypeId;

/// Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    /// There is no such order or event, or it is not the caller's to see.
    #[error("there is no such thing here")]
    NotFound,
    /// The event has no such ticket type.
    #[error("this event has no ticket type {0}")]
    UnknownType(TicketTypeId),
    /// Fewer are left than were asked for.
    #[error("not enough tickets of this type are left")]
    SoldOut(TicketTypeId),
    /// The buyer expects another price than this one.
    #[error("one ticket of type {0} costs {1}")]
    PriceChanged(TicketTypeId, Money),
    /// The event is called off, or the type's sale has not begun or is over.
    #[error("{0}")]
    NotOnSale(&'static str),
    /// A field has a value that is not allowed.
    #[error("{message}")]
    Field {
        /// Which.
        field: &'static str,
        /// Why.
        message: String,
    },
    /// The caller may see it but not do this.
    #[error("your account may not do this")]
    Forbidden,
    /// The order's state does not allow this.
    #[error("{1}")]
    State(OrderStatus, &'static str),
    /// The time to pay ran out.
    #[error("the time of this order ran out")]
    Expired,
    /// Another order has this short code; the use case draws a new one.
    #[error("the order code is taken")]
    CodeTaken,
    /// The idempotency key cannot be used.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl OrderError {
    pub(super) fn field(field: &'static str, message: impl Into<String>) -> Self {
        Self::Field {
            field,
            message: message.into(),
        }
    }
}
