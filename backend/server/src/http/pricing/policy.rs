//! `/api/pricing/{event}/{ticket_type}`: the policy of a ticket type.

use super::dto::{PolicyBody, PricingBody};
use crate::http::{ApiError, Authenticated, Json, Path};
use axum::extract::State;
use axum::http::StatusCode;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::pricing::Pricing;

/// How a ticket type is priced, for organizers.
#[utoipa::path(get, path = "/api/pricing/{event}/{ticket_type}", tag = "pricing",
    params(("event" = EventId, Path), ("ticket_type" = TicketTypeId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "its policy, and where the price stands",
        body = PricingBody)))]
pub(super) async fn read(
    State(pricing): State<Pricing>,
    Authenticated(caller): Authenticated,
    Path((event, ticket_type)): Path<(EventId, TicketTypeId)>,
) -> Result<Json<PricingBody>, ApiError> {
    let seen = pricing.read(&caller, event, ticket_type).await?;
    Ok(Json(seen.try_into()?))
}

/// Give a ticket type a policy, in place of the one that it has.
///
/// The price follows at once, and then by itself. Orders that were placed keep
/// their price. A price by demand begins where the price is now, within the floor
/// and the ceiling.
#[utoipa::path(put, path = "/api/pricing/{event}/{ticket_type}", tag = "pricing",
    params(("event" = EventId, Path), ("ticket_type" = TicketTypeId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "set", body = PricingBody)))]
pub(super) async fn set(
    State(pricing): State<Pricing>,
    Authenticated(caller): Authenticated,
    Path((event, ticket_type)): Path<(EventId, TicketTypeId)>,
    Json(body): Json<PolicyBody>,
) -> Result<Json<PricingBody>, ApiError> {
    let policy = body.into();
    let seen = pricing
        .set_policy(&caller, event, ticket_type, &policy)
        .await?;
    Ok(Json(seen.try_into()?))
}

/// Take a ticket type's policy away: its price is the list price again.
#[utoipa::path(delete, path = "/api/pricing/{event}/{ticket_type}", tag = "pricing",
    params(("event" = EventId, Path), ("ticket_type" = TicketTypeId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "gone")))]
pub(super) async fn remove(
    State(pricing): State<Pricing>,
    Authenticated(caller): Authenticated,
    Path((event, ticket_type)): Path<(EventId, TicketTypeId)>,
) -> Result<StatusCode, ApiError> {
    pricing.remove_policy(&caller, event, ticket_type).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// See what the price would be if a policy were set now. Nothing is changed.
#[utoipa::path(post, path = "/api/pricing/{event}/{ticket_type}/preview", tag = "pricing",
    params(("event" = EventId, Path), ("ticket_type" = TicketTypeId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "as it would stand", body = PricingBody)))]
pub(super) async fn preview(
    State(pricing): State<Pricing>,
    Authenticated(caller): Authenticated,
    Path((event, ticket_type)): Path<(EventId, TicketTypeId)>,
    Json(body): Json<PolicyBody>,
) -> Result<Json<PricingBody>, ApiError> {
    let policy = body.into();
    let seen = pricing
        .preview(&caller, event, ticket_type, &policy)
        .await?;
    Ok(Json(seen.try_into()?))
}
