//! `/api/payments/webhooks/{gateway}`: gateways tell how charges went.

use crate::http::{ApiError, Path, body};
use axum::extract::{Request, State};
use axum::http::StatusCode;
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
    request: Request,
) -> Result<StatusCode, ApiError> {
    let signature = request.headers().get(SIGNATURE);
    let signature = signature.and_then(|value| value.to_str().ok());
    let signature = signature.unwrap_or_default().to_owned();
    let body = body::read(request).await?;
    payments.webhook(&gateway, &signature, &body).await?;
    Ok(StatusCode::NO_CONTENT)
}
