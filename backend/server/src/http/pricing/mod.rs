//! HTTP of prices by policy.

mod dto;
mod error;
mod history;
mod policy;

use gateline_core::pricing::Pricing;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub(crate) fn routes(pricing: Pricing) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(policy::read, policy::set, policy::remove))
        .routes(routes!(policy::preview))
        .routes(routes!(history::list))
        .with_state(pricing)
}
