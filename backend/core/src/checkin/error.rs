//! What can go wrong in check-in, in the service's own terms.

use crate::shared::StoreError;

/// Why check-in did not do it. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CheckInError {
    /// There is no such thing, or it is not the caller's to see.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// The caller sees it, but may not do this.
    #[error("{0}")]
    Forbidden(&'static str),
    /// No device bears this credential.
    #[error("the device's credential is not known")]
    UnknownDevice,
    /// The device's enrolment was revoked.
    #[error("the device's enrolment was revoked")]
    DeviceRevoked,
    /// The enrolment code is unknown, used up or expired.
    #[error("the enrolment code is unknown, used up or expired")]
    EnrolmentCode,
    /// A field has a value that is not allowed.
    #[error("{message}")]
    Invalid {
        /// Which.
        field: &'static str,
        /// What is allowed.
        message: String,
    },
    /// More than one request may carry.
    #[error("{0}")]
    TooLarge(&'static str),
    /// Others changed the same things again and again; nothing was stored.
    #[error("too much happened at once, try again")]
    Busy,
    /// The event's rules or a stored document cannot be read; for the log only.
    #[error("check-in state cannot be used: {0}")]
    Unusable(String),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CheckInError {
    pub(crate) fn invalid(field: &'static str, message: impl Into<String>) -> Self {
        Self::Invalid {
            field,
            message: message.into(),
        }
    }
}
