//! `/api/events/{event}/ticket-types`: what is for sale.

use super::dto::{NewTicketTypeBody, TicketTypeBody, TicketTypeChangeBody, TicketTypesBody};
use crate::http::{ApiError, Authenticated, Idempotent, Json, MaybeAuthenticated, Path};
use axum::extract::State;
use axum::http::StatusCode;
use gateline_common::ids::{EventId, TicketTypeId};
use gateline_core::events::Events;

/// Add a ticket type.
#[utoipa::path(post, path = "/api/events/{event}/ticket-types", tag = "ticket types",
    request_body = NewTicketTypeBody,
    params(("event" = EventId, Path),
        ("Idempotency-Key" = Option<String>, Header, description = "repeats get the first type")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "added", body = TicketTypeBody)))]
pub(super) async fn create(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
    Idempotent(key, body): Idempotent<NewTicketTypeBody>,
) -> Result<(StatusCode, Json<TicketTypeBody>), ApiError> {
    let made = events
        .create_type(&caller, event, &body.into(), key)
        .await?;
    let prices = events.prices(&[event]).await?;
    let made = TicketTypeBody::of(event, made, &prices);
    Ok((StatusCode::CREATED, Json(made)))
}

/// The ticket types of an event.
#[utoipa::path(get, path = "/api/events/{event}/ticket-types", tag = "ticket types",
    params(("event" = EventId, Path)),
    responses((status = 200, description = "all of them", body = TicketTypesBody)))]
pub(super) async fn list(
    State(events): State<Events>,
    MaybeAuthenticated(caller): MaybeAuthenticated,
    Path(event): Path<EventId>,
) -> Result<Json<TicketTypesBody>, ApiError> {
    let found = events.read(caller.as_ref(), event).await?;
    let types = found.live_types().cloned();
    let prices = events.prices(&[event]).await?;
    let items = types.map(|t| TicketTypeBody::of(event, t, &prices));
    let items = items.collect();
    Ok(Json(TicketTypesBody { items }))
}

/// One ticket type.
#[utoipa::path(get, path = "/api/events/{event}/ticket-types/{ticket_type}", tag = "ticket types",
    params(("event" = EventId, Path), ("ticket_type" = TicketTypeId, Path)),
    responses((status = 200, description = "it", body = TicketTypeBody)))]
pub(super) async fn read(
    State(events): State<Events>,
    MaybeAuthenticated(caller): MaybeAuthenticated,
    Path((event, ticket_type)): Path<(EventId, TicketTypeId)>,
) -> Result<Json<TicketTypeBody>, ApiError> {
    let found = events.read(caller.as_ref(), event).await?;
    let found = found.live_type(ticket_type).cloned();
    let found = found.ok_or_else(ApiError::not_found)?;
    let prices = events.prices(&[event]).await?;
    Ok(Json(TicketTypeBody::of(event, found, &prices)))
}

/// Change a ticket type. Orders that were placed keep their price.
#[utoipa::path(patch, path = "/api/events/{event}/ticket-types/{ticket_type}", tag = "ticket types",
    params(("event" = EventId, Path), ("ticket_type" = TicketTypeId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "changed", body = TicketTypeBody)))]
pub(super) async fn change(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path((event, ticket_type)): Path<(EventId, TicketTypeId)>,
    Json(body): Json<TicketTypeChangeBody>,
) -> Result<Json<TicketTypeBody>, ApiError> {
    let change = body.into();
    let changed = events
        .change_type(&caller, event, ticket_type, &change)
        .await?;
    let prices = events.prices(&[event]).await?;
    Ok(Json(TicketTypeBody::of(event, changed, &prices)))
}

/// Delete a ticket type of which nothing was ever ordered.
#[utoipa::path(delete, path = "/api/events/{event}/ticket-types/{ticket_type}", tag = "ticket types",
    params(("event" = EventId, Path), ("ticket_type" = TicketTypeId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "gone")))]
pub(super) async fn delete(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path((event, ticket_type)): Path<(EventId, TicketTypeId)>,
) -> Result<StatusCode, ApiError> {
    events.delete_type(&caller, event, ticket_type).await?;
    Ok(StatusCode::NO_CONTENT)
}
