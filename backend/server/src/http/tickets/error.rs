//! What goes wrong with tickets, as HTTP.

use crate::http::ApiError;
use gateline_common::ErrorCode;
use gateline_core::tickets::TicketError;

impl From<TicketError> for ApiError {
    fn from(error: TicketError) -> Self {
        let message = error.to_string();
        let code = match error {
            TicketError::NotFound => ErrorCode::NotFound,
            TicketError::Forbidden => ErrorCode::Forbidden,
            TicketError::State(_) => ErrorCode::TicketState,
            TicketError::BadCursor => ErrorCode::MalformedParameter,
            TicketError::Printing(detail) => return Self::internal(detail),
            TicketError::Store(error) => return error.into(),
        };
        Self::new(code, message)
    }
}
