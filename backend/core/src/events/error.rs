//! What can go wrong in the events service.

use crate::shared::{IdempotencyError, StoreError};

/// Nothing brings a cancelled event back.
pub(super) const STAYS_CANCELLED: &str =
    "the event is cancelled, and stays cancelled: buyers were told and paid back";

/// Why the events service did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// There is none, or the caller may not know of it.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The caller may see it, but not change it.
    #[error("only organizers of its organization may do this")]
    Forbidden,
    /// A field has a value that is not allowed.
    #[error("{message}")]
    Invalid {
        /// The field's path, for instance `rules[1].condition.gate_in[0]`.
        field: String,
        /// What is wrong with it, in words.
        message: String,
    },
    /// The caller changed another version than the newest.
    #[error("it was changed in between; read it again")]
    Outdated,
    /// Its state does not allow this.
    #[error("{0}")]
    State(&'static str),
    /// What has sold is protected.
    #[error("tickets have been ordered, so it cannot be deleted")]
    HasSales,
    /// An order has one total, so what has sold keeps its currency.
    #[error("tickets of this type have been ordered, so its currency cannot be changed")]
    CurrencySold,
    /// The venue is still used by events.
    #[error("events take place at this venue, so it cannot be deleted")]
    VenueInUse,
    /// The position in a list is not one that a page named.
    #[error("`after` is not a position that a page gave")]
    BadCursor,
    /// The idempotency key was used with another request.
    #[error("this Idempotency-Key was used with another request")]
    KeyReused,
    /// The store failed, or others were faster again and again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl EventError {
    pub(super) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            message: message.into(),
        }
    }
}

impl From<IdempotencyError> for EventError {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::Reused => Self::KeyReused,
            IdempotencyError::Store(error) => Self::Store(error),
        }
    }
}
