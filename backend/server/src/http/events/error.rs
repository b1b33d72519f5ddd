//! What goes wrong with events, as HTTP.

use crate::http::ApiError;
use gateline_common::ErrorCode;
use gateline_core::events::EventError;

impl From<EventError> for ApiError {
    fn from(error: EventError) -> Self {
        let message = error.to_string();
        let code = match error {
            EventError::Invalid { field, message } => return Self::field(field, message),
            EventError::NotFound(_) => ErrorCode::NotFound,
            EventError::Forbidden => ErrorCode::Forbidden,
            EventError::Outdated | EventError::State(_) | EventError::VenueInUse => {
                ErrorCode::Conflict
            }
            EventError::HasSales | EventError::CurrencySold => ErrorCode::HasSales,
            EventError::BadCursor => ErrorCode::MalformedParameter,
            EventError::KeyReused => ErrorCode::IdempotencyKeyReused,
            EventError::Store(error) => return error.into(),
        };
        Self::new(code, message)
    }
}
