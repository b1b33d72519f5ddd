//! `/api/venues`: where events take place.

use super::dto::{NewVenueBody, VenueBody, VenueChangeBody, VenuesQuery};
use crate::http::page::{self, PageBody};
use crate::http::{ApiError, Authenticated, Idempotent, Json, Path, Query};
use axum::extract::State;
use axum::http::StatusCode;
use gateline_common::ids::VenueId;
use gateline_core::events::Events;

/// Enter a venue.
#[utoipa::path(post, path = "/api/venues", tag = "venues",
    request_body = NewVenueBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "repeats get the first venue")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "entered", body = VenueBody)))]
pub(super) async fn create(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Idempotent(key, body): Idempotent<NewVenueBody>,
) -> Result<(StatusCode, Json<VenueBody>), ApiError> {
    let venue = events.create_venue(&caller, &body.into(), key).await?;
    Ok((StatusCode::CREATED, Json(venue.into())))
}

/// The venues of an organization.
#[utoipa::path(get, path = "/api/venues", tag = "venues",
    params(VenuesQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a page of them", body = PageBody<VenueBody>)))]
pub(super) async fn list(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Query(query): Query<VenuesQuery>,
) -> Result<Json<PageBody<VenueBody>>, ApiError> {
    let request = page::request(query.limit, query.after);
    let page = events.venues(&caller, query.org, &request).await?;
    Ok(Json(PageBody::of(page, Into::into)))
}

/// One venue.
#[utoipa::path(get, path = "/api/venues/{venue}", tag = "venues",
    params(("venue" = VenueId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "it", body = VenueBody)))]
pub(super) async fn read(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path(venue): Path<VenueId>,
) -> Result<Json<VenueBody>, ApiError> {
    Ok(Json(events.venue(&caller, venue).await?.into()))
}

/// Change a venue, and with it every event at it.
#[utoipa::path(patch, path = "/api/venues/{venue}", tag = "venues",
    params(("venue" = VenueId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "changed", body = VenueBody)))]
pub(super) async fn change(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path(venue): Path<VenueId>,
    Json(body): Json<VenueChangeBody>,
) -> Result<Json<VenueBody>, ApiError> {
    let changed = events.change_venue(&caller, venue, &body.into()).await?;
    Ok(Json(changed.into()))
}

/// Delete a venue at which no events take place.
#[utoipa::path(delete, path = "/api/venues/{venue}", tag = "venues",
    params(("venue" = VenueId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "gone")))]
pub(super) async fn delete(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path(venue): Path<VenueId>,
) -> Result<StatusCode, ApiError> {
    events.delete_venue(&caller, venue).await?;
    Ok(StatusCode::NO_CONTENT)
}
