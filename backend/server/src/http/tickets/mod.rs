//! HTTP of issued tickets and their signing keys.

mod documents;
mod dto;
mod error;
mod keys;
mod tickets;

use gateline_core::tickets::Tickets;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub(crate) fn routes(service: Tickets) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(tickets::mine))
        .routes(routes!(tickets::of_event))
        .routes(routes!(tickets::all))
        .routes(routes!(tickets::read))
        .routes(routes!(tickets::block))
        .routes(routes!(tickets::unblock))
        .routes(routes!(tickets::cancel))
        .routes(routes!(documents::qr_png))
        .routes(routes!(documents::qr_svg))
        .routes(routes!(documents::pdf))
        .routes(routes!(documents::order_pdf))
        .routes(routes!(keys::list))
        .routes(routes!(keys::rotate))
        .routes(routes!(keys::compromised))
        .with_state(service)
}
