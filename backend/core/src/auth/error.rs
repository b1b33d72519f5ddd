//! What can go wrong with accounts.

use crate::shared::{IdempotencyError, StoreError};

/// Why it was not done. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// A field has a value that is not allowed.
    #[error("{message}")]
    Invalid {
        /// The field.
        field: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// Another account has the address.
    #[error("this e-mail address has an account already")]
    EmailTaken,
    /// Address or password is wrong; which, nobody is told.
    #[error("e-mail address or password is wrong")]
    BadCredentials,
    /// Too many failures of this client at this account.
    #[error("too many attempts; wait {wait_seconds} seconds")]
    TooManyAttempts {
        /// How long.
        wait_seconds: i64,
    },
    /// More people sign in or up than passwords can be hashed in time.
    #[error(
        "very many people sign in at this moment; try again in {} seconds",
        Self::CROWDED_SECONDS
    )]
    Crowded,
    /// The token is invalid, expired, or its session is over.
    #[error("sign in again: {0}")]
    BadToken(&'static str),
    /// The caller may know of it but not do it.
    #[error("your account may not do this")]
    Forbidden,
    /// There is no such thing, or it is not the caller's to see.
    #[error("there is no such thing here")]
    NotFound,
    /// The organization would be left without an organizer.
    #[error("an organization keeps at least one organizer")]
    LastOrganizer,
    /// The key came before with another request.
    #[error(transparent)]
    Idempotency(#[from] IdempotencyError),
    /// The store failed, or a change lost every race.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Hashing or signing failed.
    #[error("{0}")]
    Crypto(String),
}

impl AuthError {
    /// When to try again where it is crowded.
    pub const CROWDED_SECONDS: u64 = 5;

    pub(super) fn invalid(field: &'static str, message: impl ToString) -> Self {
        Self::Invalid {
            field,
            message: message.to_string(),
        }
    }
}
