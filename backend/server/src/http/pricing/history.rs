//! `/api/pricing/{event}/{ticket_type}/history`: every change with its reason.

use super::dto::EntryBody;
use crate::http::page::{PageBody, PageQuery};
use crate::http::{ApiError, Authenticated, Json, Path, Query};
use axum::extract::State;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::pricing::Pricing;

/// Every change of a ticket type's price by a policy, newest first, with its
/// reason.
#[utoipa::path(get, path = "/api/pricing/{event}/{ticket_type}/history", tag = "pricing",
    params(("event" = EventId, Path), ("ticket_type" = TicketTypeId, Path), PageQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a page of them", body = PageBody<EntryBody>)))]
pub(super) async fn list(
    State(pricing): State<Pricing>,
    Authenticated(caller): Authenticated,
    Path((event, ticket_type)): Path<(EventId, TicketTypeId)>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageBody<EntryBody>>, ApiError> {
    let page = pricing
        .history(&caller, event, ticket_type, &query.into())
        .await?;
    Ok(Json(PageBody::of(page, Into::into)))
}
