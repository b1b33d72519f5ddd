//! Why a policy is not set, read or removed.

use crate::shared::StoreError;

/// Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PricingError {
    /// There is no such ticket type, or it is not the caller's to know of.
    #[error("there is no such ticket type")]
    NotFound,
    /// The ticket type has no policy.
    #[error("this ticket type has no pricing policy")]
    NoPolicy,
    /// The caller works for the organization, but does not run its events.
    #[error("only organizers of its organization may do this")]
    Forbidden,
    /// The event is cancelled or over.
    #[error("{0}")]
    State(&'static str),
    /// A field of a policy has a value that is not allowed.
    #[error("{message}")]
    Invalid {
        /// The field's path, for instance `steps[1].from`.
        field: String,
        /// What is wrong with it, in words.
        message: String,
    },
    /// The position in a list is not one that a page named.
    #[error("`after` is not a position that a page gave")]
    BadCursor,
    /// The store failed, or others were faster again and again.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PricingError {
    pub(super) fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid {
            field: field.into(),
            message: message.into(),
        }
    }
}
