//! `/api/payments`: paying orders.

use super::dto::{NewPaymentBody, PaymentBody, PaymentsBody, PaymentsQuery};
use crate::http::{ApiError, Authenticated, Idempotent, Json, Path, Query};
use axum::extract::State;
use axum::http::StatusCode;
use gateline_common::ids::PaymentId;
use gateline_core::payments::Payments;

/// Pay an order.
///
/// Answers with the outcome if the gateway has it at once; otherwise the
/// payment is `pending`.
#[utoipa::path(post, path = "/api/payments", tag = "payments",
    request_body = NewPaymentBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "repeats get the first payment")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "paid, or under way", body = PaymentBody),
        (status = 402, description = "`payment_declined`"),
        (status = 409, description = "`order_state` or `order_expired`"),
        (status = 503, description = "no gateway is configured")))]
pub(super) async fn start(
    State(payments): State<Payments>,
    Authenticated(caller): Authenticated,
    Idempotent(key, body): Idempotent<NewPaymentBody>,
) -> Result<(StatusCode, Json<PaymentBody>), ApiError> {
    let method = body.method.into();
    let payment = payments.start(&caller, body.order, method, key).await?;
    Ok((StatusCode::CREATED, Json((payment, None).into())))
}

/// The payments of an order, oldest first.
#[utoipa::path(get, path = "/api/payments", tag = "payments",
    params(PaymentsQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "those that the caller may see", body = PaymentsBody)))]
pub(super) async fn list(
    State(payments): State<Payments>,
    Authenticated(caller): Authenticated,
    Query(query): Query<PaymentsQuery>,
) -> Result<Json<PaymentsBody>, ApiError> {
    let found = payments.of_order(&caller, query.order).await?;
    let items = found.into_iter().map(Into::into).collect();
    Ok(Json(PaymentsBody { items }))
}

/// One payment.
#[utoipa::path(get, path = "/api/payments/{id}", tag = "payments",
    params(("id" = PaymentId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "it", body = PaymentBody)))]
pub(super) async fn read(
    State(payments): State<Payments>,
    Authenticated(caller): Authenticated,
    Path(id): Path<PaymentId>,
) -> Result<Json<PaymentBody>, ApiError> {
    Ok(Json(payments.get(&caller, id).await?.into()))
}
