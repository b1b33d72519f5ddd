//! HTTP of payments and webhooks of gateways.

mod dto;
mod error;
mod pay;
mod webhooks;

use crate::http::body::Allowance;
use axum::Extension;
use gateline_core::payments::Payments;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The largest news of a gateway. It is signed over its body, so it is read of
/// anybody.
const MAX_NEWS_BYTES: usize = 64 * 1024;

/// The routes.
pub(crate) fn routes(payments: Payments) -> OpenApiRouter {
    let webhooks = OpenApiRouter::new()
        .routes(routes!(webhooks::take))
        .layer(Extension(Allowance::of(MAX_NEWS_BYTES)));
    OpenApiRouter::new()
        .routes(routes!(pay::start, pay::list))
        .routes(routes!(pay::read))
        .merge(webhooks)
        .with_state(payments)
}
