//! `/api/events`: making, finding, changing events.

use super::dto::{
    BrowseQuery, EventBody, EventChangeBody, EventSummaryBody, NewEventBody, SalesBody,
};
use crate::http::page::{self, PageBody};
use crate::http::{
    ApiError, Authenticated, Idempotent, Json, MaybeAuthenticated, NoFields, Path, Query,
};
use axum::extract::State;
use axum::http::StatusCode;
use gateline_common::ids::EventId;
use gateline_core::events::{Event, Events};

/// Make an event: a draft that only its organization sees.
#[utoipa::path(post, path = "/api/events", tag = "events",
    request_body = NewEventBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "repeats get the first event")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "made", body = EventBody)))]
pub(super) async fn create(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Idempotent(key, body): Idempotent<NewEventBody>,
) -> Result<(StatusCode, Json<EventBody>), ApiError> {
    let event = events.create(&caller, &body.try_into()?, key).await?;
    Ok((StatusCode::CREATED, whole(&events, event).await?))
}

/// Browse and search published events, soonest first.
#[utoipa::path(get, path = "/api/events", tag = "events",
    params(BrowseQuery),
    responses((status = 200, description = "a page of them", body = PageBody<EventSummaryBody>)))]
pub(super) async fn browse(
    State(events): State<Events>,
    MaybeAuthenticated(caller): MaybeAuthenticated,
    Query(query): Query<BrowseQuery>,
) -> Result<Json<PageBody<EventSummaryBody>>, ApiError> {
    let browse = query.browse()?;
    let request = page::request(query.limit, query.after);
    let page = events.browse(caller.as_ref(), &browse, &request).await?;
    let ids: Vec<EventId> = page.items.iter().map(|event| event.id).collect();
    let prices = events.prices(&ids).await?;
    Ok(Json(PageBody::of(page, |event| {
        EventSummaryBody::of(event, &prices)
    })))
}

/// One event.
#[utoipa::path(get, path = "/api/events/{event}", tag = "events",
    params(("event" = EventId, Path)),
    responses((status = 200, description = "it", body = EventBody)))]
pub(super) async fn read(
    State(events): State<Events>,
    MaybeAuthenticated(caller): MaybeAuthenticated,
    Path(event): Path<EventId>,
) -> Result<Json<EventBody>, ApiError> {
    let event = events.read(caller.as_ref(), event).await?;
    whole(&events, event).await
}

/// Change an event.
#[utoipa::path(patch, path = "/api/events/{event}", tag = "events",
    params(("event" = EventId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "changed", body = EventBody)))]
pub(super) async fn change(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
    Json(body): Json<EventChangeBody>,
) -> Result<Json<EventBody>, ApiError> {
    let changed = events.change(&caller, event, &body.try_into()?).await?;
    whole(&events, changed).await
}

/// Delete an event of which nothing was ever ordered.
#[utoipa::path(delete, path = "/api/events/{event}", tag = "events",
    params(("event" = EventId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "gone")))]
pub(super) async fn delete(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
) -> Result<StatusCode, ApiError> {
    events.delete(&caller, event).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Show a draft to everybody.
#[utoipa::path(post, path = "/api/events/{event}/publish", tag = "events",
    params(("event" = EventId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "published", body = EventBody)))]
pub(super) async fn publish(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
) -> Result<Json<EventBody>, ApiError> {
    let event = events.publish(&caller, event).await?;
    whole(&events, event).await
}

/// Call an event off, for ever: it cannot be published or changed again.
///
/// From here on everything follows by itself, a few orders at a time: nothing is
/// sold any more; unpaid orders are cancelled, and a payment that still comes goes
/// back; paid orders are paid back in full and end as `refunded`, free ones as
/// `cancelled`; their tickets are no longer valid; each buyer gets one e-mail; and
/// gates refuse every code of the event with the reason `cancelled`. Cancelling
/// again changes nothing. Sales, figures and reports can still be read.
#[utoipa::path(post, path = "/api/events/{event}/cancel", tag = "events",
    params(("event" = EventId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "cancelled", body = EventBody)))]
pub(super) async fn cancel(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
    _: NoFields,
) -> Result<Json<EventBody>, ApiError> {
    let event = events.cancel(&caller, event).await?;
    whole(&events, event).await
}

/// What was ordered of each ticket type, for the organization.
#[utoipa::path(get, path = "/api/events/{event}/sales", tag = "events",
    params(("event" = EventId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "per type", body = SalesBody)))]
pub(super) async fn sales(
    State(events): State<Events>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
) -> Result<Json<SalesBody>, ApiError> {
    Ok(Json(events.sales(&caller, event).await?.into()))
}

/// An event as it is shown, with what its ticket types cost now.
async fn whole(events: &Events, event: Event) -> Result<Json<EventBody>, ApiError> {
    let prices = events.prices(&[event.id]).await?;
    Ok(Json(EventBody::of(event, &prices)))
}
