//! HTTP of payments and webhooks of gateways.

mod dto;
mod error;
mod payments;
mod webhooks;

use gateline_core::payments::Payments;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub(crate) fn routes(payments: Payments) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(payments::start, payments::list))
        .routes(routes!(payments::read))
        .routes(routes!(webhooks::take))
        .with_state(payments)
}
