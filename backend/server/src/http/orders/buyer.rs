//! `/api/orders`, as buyers use it.

use super::dto::{AvailabilityBody, AvailabilityQuery, NewOrderBody, OrderBody, OrderChangeBody};
use crate::http::page::{PageBody, PageQuery};
use crate::http::{ApiError, Authenticated, Idempotent, Json, MaybeAuthenticated, Path, Query};
use axum::extract::State;
use axum::http::StatusCode;
use gateline_common::ids::OrderId;
use gateline_core::orders::{Orders, PlaceOrder, Wanted};

/// What an event sells now, and how much is left.
#[utoipa::path(get, path = "/api/orders/availability", tag = "orders",
    params(AvailabilityQuery),
    responses((status = 200, description = "type by type", body = AvailabilityBody),
        (status = 404, description = "no such event is on sale")))]
pub(super) async fn availability(
    State(orders): State<Orders>,
    MaybeAuthenticated(caller): MaybeAuthenticated,
    Query(query): Query<AvailabilityQuery>,
) -> Result<Json<AvailabilityBody>, ApiError> {
    let (sale, now) = orders.availability(caller.as_ref(), query.event).await?;
    Ok(Json(AvailabilityBody::of(sale, now)))
}

/// Order tickets.
///
/// A ticket costs what it costs at this moment, and keeps that price in the order.
/// The order holds its tickets until `expires_at`; pay it before that. One that
/// costs nothing is complete at once.
#[utoipa::path(post, path = "/api/orders", tag = "orders",
    request_body = NewOrderBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "repeats get the first order")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "placed", body = OrderBody),
        (status = 409, description = "`sold_out`, `not_on_sale` or `price_changed`")))]
pub(super) async fn place(
    State(orders): State<Orders>,
    Authenticated(caller): Authenticated,
    Idempotent(key, body): Idempotent<NewOrderBody>,
) -> Result<(StatusCode, Json<OrderBody>), ApiError> {
    let request = PlaceOrder {
        event: body.event,
        lines: body.lines.into_iter().map(Wanted::from).collect(),
    };
    let order = orders.place(&caller, request, key).await?;
    Ok((StatusCode::CREATED, Json(order.into())))
}

/// The caller's orders, newest first.
#[utoipa::path(get, path = "/api/orders", tag = "orders",
    params(PageQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a page of them", body = PageBody<OrderBody>)))]
pub(super) async fn list(
    State(orders): State<Orders>,
    Authenticated(caller): Authenticated,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageBody<OrderBody>>, ApiError> {
    let page = orders.mine(&caller, &page.into()).await?;
    Ok(Json(PageBody::of(page, Into::into)))
}

/// One order.
#[utoipa::path(get, path = "/api/orders/{id}", tag = "orders",
    params(("id" = OrderId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "it", body = OrderBody)))]
pub(super) async fn read(
    State(orders): State<Orders>,
    Authenticated(caller): Authenticated,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderBody>, ApiError> {
    Ok(Json(orders.get(&caller, id).await?.into()))
}

/// Change the lines of an unpaid order.
///
/// The time to pay stays as it was.
#[utoipa::path(patch, path = "/api/orders/{id}", tag = "orders",
    params(("id" = OrderId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "changed", body = OrderBody),
        (status = 409, description = "`sold_out`, `not_on_sale`, `price_changed`, `order_state` or `order_expired`")))]
pub(super) async fn change(
    State(orders): State<Orders>,
    Authenticated(caller): Authenticated,
    Path(id): Path<OrderId>,
    Json(body): Json<OrderChangeBody>,
) -> Result<Json<OrderBody>, ApiError> {
    let lines: Vec<Wanted> = body.lines.into_iter().map(Wanted::from).collect();
    let order = orders.change_lines(&caller, id, &lines).await?;
    Ok(Json(order.into()))
}

/// Give up an unpaid order.
#[utoipa::path(post, path = "/api/orders/{id}/cancel", tag = "orders",
    params(("id" = OrderId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "cancelled", body = OrderBody),
        (status = 409, description = "`order_state` or `order_expired`")))]
pub(super) async fn cancel(
    State(orders): State<Orders>,
    Authenticated(caller): Authenticated,
    Path(id): Path<OrderId>,
) -> Result<Json<OrderBody>, ApiError> {
    Ok(Json(orders.cancel(&caller, id).await?.into()))
}
