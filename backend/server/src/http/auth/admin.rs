//! `/api/admin/users`: accounts, for who runs the installation.

use super::Shared;
use super::dto::{AdminBody, UserBody, UsersQuery};
use crate::http::page::{self, PageBody};
use crate::http::{ApiError, Authenticated, Json, Path, Query};
use axum::extract::State;
use gateline_common::ids::UserId;
use gateline_core::auth::UserFilter;

/// All accounts.
#[utoipa::path(get, path = "/api/admin/users", tag = "admin",
    params(UsersQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a page of them", body = PageBody<UserBody>)))]
pub(super) async fn users(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Query(query): Query<UsersQuery>,
) -> Result<Json<PageBody<UserBody>>, ApiError> {
    let filter = UserFilter { text: query.q };
    let wanted = page::request(query.limit, query.after);
    let users = shared.auth.users(&caller, &filter, &wanted).await?;
    Ok(Json(PageBody::of(users, Into::into)))
}

/// Make an account an admin, or no longer.
///
/// Nobody can do it to themselves, so that one admin stays.
#[utoipa::path(patch, path = "/api/admin/users/{user}", tag = "admin",
    params(("user" = UserId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "changed", body = UserBody)))]
pub(super) async fn set_admin(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path(user): Path<UserId>,
    Json(body): Json<AdminBody>,
) -> Result<Json<UserBody>, ApiError> {
    let changed = shared.auth.set_admin(&caller, user, body.admin).await?;
    Ok(Json(changed.into()))
}
