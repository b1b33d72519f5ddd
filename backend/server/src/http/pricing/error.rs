//! What goes wrong with policies, as HTTP.

use crate::http::ApiError;
use gateline_common::ErrorCode;
use gateline_core::pricing::PricingError;

impl From<PricingError> for ApiError {
    fn from(error: PricingError) -> Self {
        let message = error.to_string();
        let code = match error {
            PricingError::Invalid { field, message } => return Self::field(field, message),
            PricingError::NotFound | PricingError::NoPolicy => ErrorCode::NotFound,
            PricingError::Forbidden => ErrorCode::Forbidden,
            PricingError::State(_) => ErrorCode::Conflict,
            PricingError::BadCursor => ErrorCode::MalformedParameter,
            PricingError::Store(error) => return error.into(),
        };
        Self::new(code, message)
    }
}
