//! What goes wrong with orders, as HTTP.

use crate::http::ApiError;
use gateline_common::ErrorCode;
use gateline_core::orders::OrderError;

impl From<OrderError> for ApiError {
    fn from(error: OrderError) -> Self {
        let message = error.to_string();
        let code = match error {
            OrderError::NotFound => return Self::not_found(),
            OrderError::UnknownType(_) => return Self::field("lines", message),
            OrderError::Field { field, message } => return Self::field(field, message),
            OrderError::Forbidden => return Self::forbidden(),
            OrderError::SoldOut(ticket_type) => {
                let message = format!("not enough tickets of type {ticket_type} are left");
                return Self::new(ErrorCode::SoldOut, message);
            }
            OrderError::PriceChanged(..) => ErrorCode::PriceChanged,
            OrderError::NotOnSale(_) => ErrorCode::NotOnSale,
            OrderError::State(..) => ErrorCode::OrderState,
            OrderError::Expired => ErrorCode::OrderExpired,
            OrderError::CodeTaken => return Self::internal("no free order code was drawn"),
            OrderError::Idempotency(error) => return error.into(),
            OrderError::Store(error) => return error.into(),
        };
        Self::new(code, message)
    }
}
