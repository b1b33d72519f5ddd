//! What goes wrong with accounts, as HTTP.

use crate::http::ApiError;
use gateline_common::ErrorCode;
use gateline_core::auth::AuthError;

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        let message = error.to_string();
        let code = match error {
            AuthError::Invalid { field, message } => return Self::field(field, message),
            AuthError::EmailTaken => ErrorCode::EmailTaken,
            AuthError::BadCredentials => ErrorCode::BadCredentials,
            AuthError::TooManyAttempts { wait_seconds } => {
                let wait = u64::try_from(wait_seconds).unwrap_or_default();
                return Self::new(ErrorCode::RateLimited, message).retry_after(wait);
            }
            AuthError::Crowded => {
                let refusal = Self::new(ErrorCode::RateLimited, message);
                return refusal.retry_after(AuthError::CROWDED_SECONDS);
            }
            AuthError::BadToken(_) => ErrorCode::NotAuthenticated,
            AuthError::Forbidden => ErrorCode::Forbidden,
            AuthError::NotFound => ErrorCode::NotFound,
            AuthError::LastOrganizer => ErrorCode::Conflict,
            AuthError::Idempotency(error) => return error.into(),
            AuthError::Store(error) => return error.into(),
            AuthError::Crypto(detail) => return Self::internal(detail),
        };
        Self::new(code, message)
    }
}
