//! What check-in's errors are over HTTP.

use crate::http::ApiError;
use gateline_common::ErrorCode;
use gateline_common::sync::FrameError;
use gateline_core::checkin::CheckInError;

impl From<CheckInError> for ApiError {
    fn from(error: CheckInError) -> Self {
        let words = error.to_string();
        match error {
            CheckInError::NotFound(_) => Self::new(ErrorCode::NotFound, words),
            CheckInError::Forbidden(_) => Self::new(ErrorCode::Forbidden, words),
            CheckInError::UnknownDevice => Self::new(ErrorCode::NotAuthenticated, words),
            CheckInError::DeviceRevoked => Self::new(ErrorCode::DeviceRevoked, words),
            CheckInError::EnrolmentCode => Self::new(ErrorCode::EnrolmentCode, words),
            CheckInError::Invalid { field, message } => Self::field(field, message),
            CheckInError::TooLarge(_) => Self::new(ErrorCode::TooLarge, words),
            CheckInError::Busy => Self::new(ErrorCode::Conflict, words),
            CheckInError::Unusable(detail) => Self::internal(detail),
            CheckInError::Store(error) => error.into(),
        }
    }
}

/// A body that is no message of the sync protocol.
pub(super) fn malformed(error: FrameError) -> ApiError {
    ApiError::new(ErrorCode::MalformedMessage, error.to_string())
}
