//! The one form of every error answer:
//! `{"errors":[{"code","message","field"?}]}`.
//!
//! Always true: an answer of the 5xx kind says nothing about the inside; the log
//! has it, under the answer's request id.

use axum::Json;
use axum::http::StatusCode;
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
}

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
        }
    }

    /// A field has a value that is not allowed.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: ErrorCode::InvalidField,
            message: message.into(),
            field: Some(field.into()),
        }
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
        let item = ErrorItem {
            code: self.code,
            message: self.message,
            field: self.field,
        };
        (status, Json(ErrorBody { errors: vec![item] })).into_response()
    }
}
