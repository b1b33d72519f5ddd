//! `/api/tickets`, `/api/events/{event}/tickets`, `/api/admin/tickets`.

use super::dto::{TicketBody, TicketsQuery};
use crate::http::page::PageBody;
use crate::http::{ApiError, Authenticated, Json, Path, Query};
use axum::extract::State;
use gateline_common::ids::{EventId, Serial};
use gateline_core::tickets::{Action, Tickets};

/// The caller's own tickets, newest first.
#[utoipa::path(get, path = "/api/tickets", tag = "tickets",
    params(TicketsQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a page of them", body = PageBody<TicketBody>)))]
pub(super) async fn mine(
    State(tickets): State<Tickets>,
    Authenticated(caller): Authenticated,
    Query(query): Query<TicketsQuery>,
) -> Result<Json<PageBody<TicketBody>>, ApiError> {
    let (query, request) = query.split();
    let page = tickets.mine(&caller, &query, &request).await?;
    Ok(Json(PageBody::of(page, |ticket| {
        TicketBody::shown_to(&caller, ticket)
    })))
}

/// The tickets of an event, for who works for its organization.
#[utoipa::path(get, path = "/api/events/{event}/tickets", tag = "tickets",
    params(("event" = EventId, Path), TicketsQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a page of them", body = PageBody<TicketBody>)))]
pub(super) async fn of_event(
    State(tickets): State<Tickets>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
    Query(query): Query<TicketsQuery>,
) -> Result<Json<PageBody<TicketBody>>, ApiError> {
    let (query, request) = query.split();
    let page = tickets.of_event(&caller, event, &query, &request).await?;
    Ok(Json(PageBody::of(page, TicketBody::listed)))
}

/// All tickets of the installation, for admins.
#[utoipa::path(get, path = "/api/admin/tickets", tag = "admin",
    params(TicketsQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a page of them", body = PageBody<TicketBody>)))]
pub(super) async fn all(
    State(tickets): State<Tickets>,
    Authenticated(caller): Authenticated,
    Query(query): Query<TicketsQuery>,
) -> Result<Json<PageBody<TicketBody>>, ApiError> {
    let (query, request) = query.split();
    let page = tickets.all(&caller, &query, &request).await?;
    Ok(Json(PageBody::of(page, TicketBody::listed)))
}

/// One ticket.
#[utoipa::path(get, path = "/api/tickets/{event}/{serial}", tag = "tickets",
    params(("event" = EventId, Path), ("serial" = Serial, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "it", body = TicketBody)))]
pub(super) async fn read(
    State(tickets): State<Tickets>,
    Authenticated(caller): Authenticated,
    Path((event, serial)): Path<(EventId, Serial)>,
) -> Result<Json<TicketBody>, ApiError> {
    let ticket = tickets.read(&caller, event, serial).await?;
    Ok(Json(TicketBody::shown_to(&caller, ticket)))
}

/// Stop a ticket for the time being.
#[utoipa::path(post, path = "/api/tickets/{event}/{serial}/block", tag = "tickets",
    params(("event" = EventId, Path), ("serial" = Serial, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "blocked", body = TicketBody)))]
pub(super) async fn block(
    tickets: State<Tickets>,
    caller: Authenticated,
    path: Path<(EventId, Serial)>,
) -> Result<Json<TicketBody>, ApiError> {
    act(tickets, caller, path, Action::Block).await
}

/// Let a blocked ticket pass again.
#[utoipa::path(post, path = "/api/tickets/{event}/{serial}/unblock", tag = "tickets",
    params(("event" = EventId, Path), ("serial" = Serial, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "unblocked", body = TicketBody)))]
pub(super) async fn unblock(
    tickets: State<Tickets>,
    caller: Authenticated,
    path: Path<(EventId, Serial)>,
) -> Result<Json<TicketBody>, ApiError> {
    act(tickets, caller, path, Action::Unblock).await
}

/// Stop a ticket for good, without a refund.
#[utoipa::path(post, path = "/api/tickets/{event}/{serial}/cancel", tag = "tickets",
    params(("event" = EventId, Path), ("serial" = Serial, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "cancelled", body = TicketBody)))]
pub(super) async fn cancel(
    tickets: State<Tickets>,
    caller: Authenticated,
    path: Path<(EventId, Serial)>,
) -> Result<Json<TicketBody>, ApiError> {
    act(tickets, caller, path, Action::Cancel).await
}

async fn act(
    State(tickets): State<Tickets>,
    Authenticated(caller): Authenticated,
    Path((event, serial)): Path<(EventId, Serial)>,
    action: Action,
) -> Result<Json<TicketBody>, ApiError> {
    let ticket = tickets.act(&caller, event, serial, action).await?;
    Ok(Json(TicketBody::listed(ticket)))
}
