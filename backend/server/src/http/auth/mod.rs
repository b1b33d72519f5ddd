//! HTTP of users, organizations and members.

mod admin;
mod client;
mod dto;
mod error;
mod organizations;
mod users;

use super::cookie::BrowserCookie;
use crate::config::Network;
use crate::context::Context;
use gateline_core::auth::Auth;
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers use.
#[derive(Clone)]
struct Shared {
    auth: Arc<Auth>,
    cookie: BrowserCookie,
    device_cookie: BrowserCookie,
    trusted_proxies: Arc<[Network]>,
}

/// The routes.
pub(crate) fn routes(context: &Context, auth: &Arc<Auth>) -> OpenApiRouter {
    let shared = Shared {
        auth: Arc::clone(auth),
        cookie: context.config.session_cookie(),
        device_cookie: context.config.device_cookie(),
        trusted_proxies: context.config.trusted_proxies.as_slice().into(),
    };
    OpenApiRouter::new()
        .routes(routes!(users::sign_up))
        .routes(routes!(users::sign_in))
        .routes(routes!(users::sign_out))
        .routes(routes!(users::current_user, users::update_user))
        .routes(routes!(organizations::create, organizations::list))
        .routes(routes!(organizations::read, organizations::rename))
        .routes(routes!(organizations::members, organizations::add_member))
        .routes(routes!(organizations::remove_member))
        .routes(routes!(admin::users))
        .routes(routes!(admin::set_admin))
        .with_state(shared)
}
