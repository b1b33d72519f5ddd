//! What goes wrong with payments, as HTTP.

use crate::http::ApiError;
use gateline_common::ErrorCode;
use gateline_core::payments::{GatewayError, PaymentError};

impl From<PaymentError> for ApiError {
    fn from(error: PaymentError) -> Self {
        let message = error.to_string();
        let code = match error {
            PaymentError::NotFound => return Self::not_found(),
            PaymentError::Method => return Self::field("method", message),
            PaymentError::OrderState(..)
            | PaymentError::UnderWay
            | PaymentError::TooManyAttempts => ErrorCode::OrderState,
            PaymentError::OrderExpired => ErrorCode::OrderExpired,
            PaymentError::Declined(_) => ErrorCode::PaymentDeclined,
            PaymentError::NoGateway => ErrorCode::Unavailable,
            PaymentError::Gateway(GatewayError::BadSignature) => ErrorCode::Forbidden,
            PaymentError::Gateway(GatewayError::Malformed) => ErrorCode::MalformedBody,
            PaymentError::Gateway(
                error @ (GatewayError::Unreachable(_) | GatewayError::Refused(_)),
            ) => return Self::internal(error),
            PaymentError::Idempotency(error) => return error.into(),
            PaymentError::Store(error) => return error.into(),
        };
        Self::new(code, message)
    }
}
