//! HTTP of orders and their stock.

mod buyer;
mod dto;
mod error;
mod organizer;

use gateline_core::orders::Orders;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub(crate) fn routes(orders: Orders) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(buyer::availability))
        .routes(routes!(buyer::place, buyer::list))
        .routes(routes!(buyer::read, buyer::change))
        .routes(routes!(buyer::cancel))
        .routes(routes!(organizer::refund))
        .routes(routes!(organizer::of_event))
        .routes(routes!(organizer::all))
        .with_state(orders)
}
