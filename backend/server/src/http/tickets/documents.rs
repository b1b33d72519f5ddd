//! A ticket as a picture and on paper.

use crate::http::{ApiError, Authenticated, Path};
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use gateline_common::ids::{EventId, OrderId, Serial};
use gateline_core::tickets::{Artwork, Tickets};

/// The QR code as a PNG image.
#[utoipa::path(get, path = "/api/tickets/{event}/{serial}/qr.png", tag = "tickets",
    params(("event" = EventId, Path), ("serial" = Serial, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "the image", content_type = "image/png", body = Vec<u8>),
        (status = 409, description = "`ticket_state`: it does not stand any more")))]
pub(super) async fn qr_png(
    tickets: State<Tickets>,
    caller: Authenticated,
    path: Path<(EventId, Serial)>,
) -> Result<Response, ApiError> {
    draw(tickets, caller, path, Artwork::QrPng).await
}

/// The QR code as an SVG image.
#[utoipa::path(get, path = "/api/tickets/{event}/{serial}/qr.svg", tag = "tickets",
    params(("event" = EventId, Path), ("serial" = Serial, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "the image", content_type = "image/svg+xml", body = String),
        (status = 409, description = "`ticket_state`: it does not stand any more")))]
pub(super) async fn qr_svg(
    tickets: State<Tickets>,
    caller: Authenticated,
    path: Path<(EventId, Serial)>,
) -> Result<Response, ApiError> {
    draw(tickets, caller, path, Artwork::QrSvg).await
}

/// The ticket as a page to print.
#[utoipa::path(get, path = "/api/tickets/{event}/{serial}/ticket.pdf", tag = "tickets",
    params(("event" = EventId, Path), ("serial" = Serial, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "the page", content_type = "application/pdf", body = Vec<u8>),
        (status = 409, description = "`ticket_state`: it does not stand any more")))]
pub(super) async fn pdf(
    tickets: State<Tickets>,
    caller: Authenticated,
    path: Path<(EventId, Serial)>,
) -> Result<Response, ApiError> {
    draw(tickets, caller, path, Artwork::Pdf).await
}

/// All good tickets of an order, a page each.
#[utoipa::path(get, path = "/api/tickets/orders/{order}/tickets.pdf", tag = "tickets",
    params(("order" = OrderId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "the pages", content_type = "application/pdf", body = Vec<u8>),
        (status = 409, description = "`ticket_state`: it does not stand any more")))]
pub(super) async fn order_pdf(
    State(tickets): State<Tickets>,
    Authenticated(caller): Authenticated,
    Path(order): Path<OrderId>,
) -> Result<Response, ApiError> {
    let bytes = tickets.draw_order(&caller, order).await?;
    Ok(file(
        "application/pdf",
        format!("tickets-{order}.pdf"),
        bytes,
    ))
}

async fn draw(
    State(tickets): State<Tickets>,
    Authenticated(caller): Authenticated,
    Path((event, serial)): Path<(EventId, Serial)>,
    artwork: Artwork,
) -> Result<Response, ApiError> {
    let bytes = tickets.draw(&caller, event, serial, artwork).await?;
    let (kind, extension) = match artwork {
        Artwork::QrPng => ("image/png", "png"),
        Artwork::QrSvg => ("image/svg+xml", "svg"),
        Artwork::Pdf => ("application/pdf", "pdf"),
    };
    Ok(file(kind, format!("ticket-{serial}.{extension}"), bytes))
}

/// Whoever has the code can come in: no cache on the way keeps it.
fn file(kind: &'static str, name: String, bytes: Vec<u8>) -> Response {
    let headers = [
        (CONTENT_TYPE, kind.to_owned()),
        (CACHE_CONTROL, "private, no-store".to_owned()),
        (CONTENT_DISPOSITION, format!("inline; filename=\"{name}\"")),
    ];
    (headers, bytes).into_response()
}
