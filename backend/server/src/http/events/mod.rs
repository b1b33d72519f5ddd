//! HTTP of events, ticket types and venues.

mod catalogue;
mod dto;
mod error;
mod ticket_types;
mod venues;

use gateline_core::events::Events;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The routes.
pub(crate) fn routes(service: Events) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(venues::create, venues::list))
        .routes(routes!(venues::read, venues::change, venues::delete))
        .routes(routes!(catalogue::create, catalogue::browse))
        .routes(routes!(
            catalogue::read,
            catalogue::change,
            catalogue::delete
        ))
        .routes(routes!(catalogue::publish))
        .routes(routes!(catalogue::cancel))
        .routes(routes!(catalogue::sales))
        .routes(routes!(ticket_types::create, ticket_types::list))
        .routes(routes!(
            ticket_types::read,
            ticket_types::change,
            ticket_types::delete
        ))
        .with_state(service)
}
