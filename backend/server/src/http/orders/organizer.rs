//! Orders, as organizers and admins see and manage them.

use super::dto::{OrderBody, OrderQuery, RefundBody};
use crate::http::page::{self, PageBody};
use crate::http::{ApiError, Authenticated, Json, Path, Query};
use axum::extract::State;
use gateline_common::ids::{EventId, OrderId};
use gateline_core::orders::Orders;

/// Pay a completed order back.
///
/// Its tickets end, and its places can be sold again, when the money has gone
/// back; then the order is `refunded`. Asking twice refunds once.
#[utoipa::path(post, path = "/api/orders/{id}/refund", tag = "orders",
    params(("id" = OrderId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "under way", body = OrderBody),
        (status = 409, description = "`order_state`")))]
pub(super) async fn refund(
    State(orders): State<Orders>,
    Authenticated(caller): Authenticated,
    Path(id): Path<OrderId>,
    Json(body): Json<RefundBody>,
) -> Result<Json<OrderBody>, ApiError> {
    let order = orders.refund(&caller, id, body.reason).await?;
    Ok(Json(order.into()))
}

/// The orders of an event, newest first.
#[utoipa::path(get, path = "/api/events/{event}/orders", tag = "orders",
    params(("event" = EventId, Path), OrderQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a page of them", body = PageBody<OrderBody>)))]
pub(super) async fn of_event(
    State(orders): State<Orders>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
    Query(query): Query<OrderQuery>,
) -> Result<Json<PageBody<OrderBody>>, ApiError> {
    let page = page::request(query.limit, query.after.clone());
    let found = orders
        .of_event(&caller, event, query.filter(), &page)
        .await?;
    Ok(Json(PageBody::of(found, Into::into)))
}

/// All orders, newest first, for admins.
#[utoipa::path(get, path = "/api/admin/orders", tag = "orders",
    params(OrderQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a page of them", body = PageBody<OrderBody>)))]
pub(super) async fn all(
    State(orders): State<Orders>,
    Authenticated(caller): Authenticated,
    Query(query): Query<OrderQuery>,
) -> Result<Json<PageBody<OrderBody>>, ApiError> {
    let page = page::request(query.limit, query.after.clone());
    let found = orders.all(&caller, query.filter(), &page).await?;
    Ok(Json(PageBody::of(found, Into::into)))
}
