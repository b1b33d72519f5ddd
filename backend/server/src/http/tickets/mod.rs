//! HTTP of issued tickets and their signing keys.

mod documents;
mod dto;
mod error;
mod issued;
mod keys;

use gateline_core::tickets::Tickets;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub(crate) fn routes(service: Tickets) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(issued::mine))
        .routes(routes!(issued::of_event))
        .routes(routes!(issued::all))
        .routes(routes!(issued::read))
        .routes(routes!(issued::block))
        .routes(routes!(issued::unblock))
        .routes(routes!(issued::cancel))
        .routes(routes!(documents::qr_png))
        .routes(routes!(documents::qr_svg))
        .routes(routes!(documents::pdf))
        .routes(routes!(documents::order_pdf))
        .routes(routes!(keys::list))
        .routes(routes!(keys::rotate))
        .routes(routes!(keys::compromised))
        .with_state(service)
}
