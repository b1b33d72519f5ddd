//! What devices exchange with the server, but for the snapshot and the push.

use super::Shared;
use super::device::Enrolled;
use super::error::malformed;
use crate::http::{ApiError, Json, body};
use axum::extract::{FromRequest, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use gateline_common::ErrorCode;
use gateline_common::sync::{
    self, CONTENT_TYPE, ConfirmRequest, EnrolAnswer, EnrolRequest, Message, SignedManifest,
    SignedRevocation, UploadRequest,
};

/// A framed message, read from a body or written to one.
pub(super) struct Framed<M>(pub(super) M);

impl<M: Message, S: Send + Sync> FromRequest<S> for Framed<M> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let kind = request.headers().get(header::CONTENT_TYPE);
        if kind.is_none_or(|kind| kind.as_bytes() != CONTENT_TYPE.as_bytes()) {
            let message = format!("send the content type {CONTENT_TYPE}");
            return Err(ApiError::new(ErrorCode::UnsupportedMediaType, message));
        }
        let bytes = body::read(request).await?;
        sync::decode(&bytes).map(Self).map_err(malformed)
    }
}

impl<M: Message> IntoResponse for Framed<M> {
    fn into_response(self) -> Response {
        match sync::encode(&self.0) {
            Ok(bytes) => ([(header::CONTENT_TYPE, CONTENT_TYPE)], bytes).into_response(),
            Err(error) => ApiError::internal(error).into_response(),
        }
    }
}

/// Turn a scanner that shows an enrolment code into a device.
#[utoipa::path(post, path = "/api/checkin/enrol", tag = "sync",
    request_body = EnrolRequest,
    responses((status = 201, description = "enrolled; the credential is shown only now",
        body = EnrolAnswer),
        (status = 403, description = "`enrolment_code`: unknown, used up or expired")))]
pub(super) async fn enrol(
    State(shared): State<Shared>,
    Json(body): Json<EnrolRequest>,
) -> Result<(StatusCode, Json<EnrolAnswer>), ApiError> {
    let answer = shared.service.enrol(body).await?;
    Ok((StatusCode::CREATED, Json(answer)))
}

/// The signed manifest of the device's organization.
#[utoipa::path(get, path = "/api/checkin/device/manifest", tag = "sync",
    security(("device" = [])),
    responses((status = 200, description = "the newest", body = SignedManifest)))]
pub(super) async fn manifest(
    State(shared): State<Shared>,
    Enrolled(device): Enrolled,
) -> Result<Json<SignedManifest>, ApiError> {
    Ok(Json(shared.service.manifest(&device).await?))
}

/// The signed notice that this device was revoked.
///
/// A device that is told `device_revoked` asks for it, verifies it with the root
/// key of its enrolment code, and only then wipes its list and stops.
#[utoipa::path(get, path = "/api/checkin/device/revocation", tag = "sync",
    security(("device" = [])),
    responses((status = 200, description = "revoked, and since when",
        body = SignedRevocation),
        (status = 404, description = "it was not revoked")))]
pub(super) async fn revocation(
    State(shared): State<Shared>,
    Enrolled(device): Enrolled,
) -> Result<Json<SignedRevocation>, ApiError> {
    Ok(Json(shared.service.revocation(&device).await?))
}

/// Upload scan records, and learn what other devices did.
///
/// Body and answer are framed messages (`UploadRequest`, `UploadAnswer`). A
/// revoked device may still upload; its records are set aside.
#[utoipa::path(post, path = "/api/checkin/device/scans", tag = "sync",
    request_body(content_type = "application/vnd.gateline.sync", content = String),
    security(("device" = [])),
    responses((status = 200, description = "one outcome per record, receipt and feeds",
        content_type = "application/vnd.gateline.sync", body = String)))]
pub(super) async fn scans(
    State(shared): State<Shared>,
    Enrolled(device): Enrolled,
    Framed(request): Framed<UploadRequest>,
) -> Result<Response, ApiError> {
    let answer = shared.service.upload(&device, request).await?;
    Ok(Framed(answer).into_response())
}

/// Ask the server to decide one admission over all devices' records.
///
/// Body and answer are framed messages (`ConfirmRequest`, `ConfirmAnswer`).
#[utoipa::path(post, path = "/api/checkin/device/confirm", tag = "sync",
    request_body(content_type = "application/vnd.gateline.sync", content = String),
    security(("device" = [])),
    responses((status = 200, description = "green or red, and what an upload answers",
        content_type = "application/vnd.gateline.sync", body = String)))]
pub(super) async fn confirm(
    State(shared): State<Shared>,
    Enrolled(device): Enrolled,
    Framed(request): Framed<ConfirmRequest>,
) -> Result<Response, ApiError> {
    let answer = shared.service.confirm(&device, request).await?;
    Ok(Framed(answer).into_response())
}
