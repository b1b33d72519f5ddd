//! Who a device is: the credential in the `Authorization` header.

use super::Shared;
use crate::http::ApiError;
use axum::extract::FromRequestParts;
use axum::http::{header, request::Parts};
use gateline_common::ErrorCode;
use gateline_core::checkin::Device;

/// An enrolled device, also a revoked one, within its rate.
pub(super) struct Enrolled(pub(super) Device);

impl FromRequestParts<Shared> for Enrolled {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        let header = parts.headers.get(header::AUTHORIZATION);
        let text = header.and_then(|value| value.to_str().ok());
        let credential = text.and_then(|text| {
            let (scheme, credential) = text.split_once(' ')?;
            scheme
                .eq_ignore_ascii_case("bearer")
                .then(|| credential.trim())
        });
        let credential = credential.ok_or_else(|| {
            ApiError::new(
                ErrorCode::NotAuthenticated,
                "send the device's credential as a bearer token",
            )
        })?;
        let device = shared.service.authenticate(credential).await?;
        shared.rates.take_of_device(device.device).await?;
        Ok(Self(device))
    }
}
