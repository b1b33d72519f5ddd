//! `/api/payments/webhooks/{gateway}`: gateways tell how charges went.

use crate::http::extract::body_error;
use crate::http::{ApiError, Path};
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use gateline_core::payments::Payments;

/// The header that carries the signature.
const SIGNATURE: &str = "gateline-signature";

/// News of a charge, signed by the gateway.
///
/// 204 means that it is stored; anything else, that it must come again.
#[utoipa::path(post, path = "/api/payments/webhooks/{gateway}", tag = "payments",
    params(("gateway" = String, Path), ("Gateline-Signature" = String, Header)),
    request_body(content = String, content_type = "application/json"),
    responses((status = 204, description = "stored"),
        (status = 403, description = "the signature is not the gateway's")))]
pub(super) async fn take(
    State(payments): State<Payments>,
    Path(gateway): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Result<StatusCode, ApiError> {
    let body = body.map_err(body_error)?;
    let signature = headers.get(SIGNATURE);
    let signature = signature.and_then(|value| value.to_str().ok());
    let signature = signature.unwrap_or_default();
    payments.webhook(&gateway, signature, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}
