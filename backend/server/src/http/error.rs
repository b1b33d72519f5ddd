//! The one form of every error answer:
//! `{"errors":[{"code","message","field"?}]}`.
//!
//! Always true: an answer of the 5xx kind says nothing about the inside; the log
//! has it, under the answer's request id.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gateline_common::ErrorCode;
use gateline_core::shared::{IdempotencyError, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiError {
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
    /// The field of the request that is at fault.
    pub field: Option<String>,
    /// When to try again (`Retry-After`), in seconds; without it, a 429 or 503
    /// names a usual time.
    pub retry_after_seconds: Option<u64>,
}

/// What a 429 or 503 says when nobody knows better.
const USUAL_RETRY_SECONDS: u64 = 2;

/// The body of an error answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// What is wrong; at least one.
    pub errors: Vec<ErrorItem>,
}

/// One thing that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorItem {
    /// For programs.
    pub code: ErrorCode,
    /// For people.
    pub message: String,
    /// The field of the request that is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub field: Option<String>,
}

impl ApiError {
    /// An error without a field.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            field: None,
            retry_after_seconds: None,
        }
    }

    /// The same, at fault being this field (of the body, the path or the query).
    #[must_use]
    pub fn of_field(self, field: Option<String>) -> Self {
        Self { field, ..self }
    }

    /// The same, to be tried again after so many seconds.
    #[must_use]
    pub fn retry_after(self, seconds: u64) -> Self {
        Self {
            retry_after_seconds: Some(seconds),
            ..self
        }
    }

    /// A field has a value that is not allowed.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidField, message).of_field(Some(field.into()))
    }

    /// There is no such thing, or it is not the caller's to see.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(ErrorCode::NotFound, "there is no such thing here")
    }

    /// Nobody is signed in.
    #[must_use]
    pub fn not_authenticated() -> Self {
        Self::new(ErrorCode::NotAuthenticated, "sign in first")
    }

    /// Signed in, but not allowed.
    #[must_use]
    pub fn forbidden() -> Self {
        Self::new(ErrorCode::Forbidden, "your account may not do this")
    }

    /// A body beyond what is read.
    #[must_use]
    pub fn too_large() -> Self {
        Self::new(ErrorCode::TooLarge, "the body is larger than allowed")
    }

    /// The server failed; `detail` goes to the log alone.
    pub fn internal(detail: impl std::fmt::Display) -> Self {
        tracing::error!(%detail, "request failed");
        Self::new(
            ErrorCode::Internal,
            "the server failed; nothing was changed",
        )
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict | StoreError::AlreadyAnswered | StoreError::AlreadyConsumed => {
                Self::new(
                    ErrorCode::Conflict,
                    "it was changed in between: read it again and retry",
                )
            }
            StoreError::Away(detail) => {
                tracing::error!(%detail, "the store cannot be used now");
                let message = "the server cannot do this now: try again in a moment";
                Self::new(ErrorCode::Unavailable, message)
            }
            StoreError::Failed(detail) => Self::internal(detail),
        }
    }
}

impl From<IdempotencyError> for ApiError {
    fn from(error: IdempotencyError) -> Self {
        match error {
            IdempotencyError::Reused => {
                Self::new(ErrorCode::IdempotencyKeyReused, error.to_string())
            }
            IdempotencyError::Store(error) => error.into(),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.code.http_status())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let asks_to_wait = [
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::SERVICE_UNAVAILABLE,
        ];
        let wait = self.retry_after_seconds;
        let wait = wait.or_else(|| {
            asks_to_wait
                .contains(&status)
                .then_some(USUAL_RETRY_SECONDS)
        });
        let item = ErrorItem {
            code: self.code,
            message: self.message,
            field: self.field,
        };
        let mut response = (status, Json(ErrorBody { errors: vec![item] })).into_response();
        if let Some(seconds) = wait {
            let value = HeaderValue::from(seconds);
            response.headers_mut().insert(header::RETRY_AFTER, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_store_that_is_away_is_told_with_when_to_try_again_and_nothing_of_the_inside() {
        let refused = ApiError::from(StoreError::Away("mongo-2:27017".to_owned()));
        assert!(!refused.message.contains("mongo"));
        let answer = refused.into_response();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers()[header::RETRY_AFTER], "2");
        let failed = ApiError::from(StoreError::Failed("a bug".to_owned())).into_response();
        assert_eq!(failed.status(), StatusCode::INTERNAL_SERVER_ERROR);
    }
}
