//! HTTP of payments and webhooks of gateways.

mod dto;
mod error;
mod pay;
mod webhooks;

use gateline_core::payments::Payments;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub(crate) fn routes(payments: Payments) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(pay::start, pay::list))
        .routes(routes!(pay::read))
        .routes(routes!(webhooks::take))
        .with_state(payments)
}
