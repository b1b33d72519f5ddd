//! `/api/organizations`: tenants and who belongs to them.

use super::Shared;
use super::dto::{
    CreatedOrganizationBody, MemberBody, MembersBody, NewMemberBody, OrganizationBody,
    OrganizationNameBody,
};
use crate::http::page::{PageBody, PageQuery};
use crate::http::{ApiError, Authenticated, Idempotent, Json, Path, Query};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use gateline_common::ids::{OrgId, UserId};

/// Make an organization.
///
/// The caller becomes its organizer; the answer's token knows of it.
#[utoipa::path(post, path = "/api/organizations", tag = "organizations",
    request_body = OrganizationNameBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "repeats get the first organization")),
    security(("bearer" = []), ("session" = [])),
    responses((status = 201, description = "made", body = CreatedOrganizationBody)))]
pub(super) async fn create(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Idempotent(key, body): Idempotent<OrganizationNameBody>,
) -> Result<(StatusCode, HeaderMap, Json<CreatedOrganizationBody>), ApiError> {
    let auth = &shared.auth;
    let made = auth.create_organization(&caller, &body.name, key).await?;
    let token = auth.fresh_token(&caller).await?;
    let headers = shared.cookie_header(&token);
    let body = CreatedOrganizationBody {
        organization: made.into(),
        token,
    };
    Ok((StatusCode::CREATED, headers, Json(body)))
}

/// The caller's organizations; for admins, all.
#[utoipa::path(get, path = "/api/organizations", tag = "organizations",
    params(PageQuery),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a page of them", body = PageBody<OrganizationBody>)))]
pub(super) async fn list(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Query(page): Query<PageQuery>,
) -> Result<Json<PageBody<OrganizationBody>>, ApiError> {
    let page = shared.auth.organizations(&caller, &page.into()).await?;
    Ok(Json(PageBody::of(page, Into::into)))
}

/// One organization.
#[utoipa::path(get, path = "/api/organizations/{org}", tag = "organizations",
    params(("org" = OrgId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "it", body = OrganizationBody)))]
pub(super) async fn read(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path(org): Path<OrgId>,
) -> Result<Json<OrganizationBody>, ApiError> {
    Ok(Json(shared.auth.organization(&caller, org).await?.into()))
}

/// Rename an organization.
#[utoipa::path(patch, path = "/api/organizations/{org}", tag = "organizations",
    params(("org" = OrgId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "renamed", body = OrganizationBody)))]
pub(super) async fn rename(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path(org): Path<OrgId>,
    Json(body): Json<OrganizationNameBody>,
) -> Result<Json<OrganizationBody>, ApiError> {
    let auth = &shared.auth;
    let renamed = auth.rename_organization(&caller, org, &body.name).await?;
    Ok(Json(renamed.into()))
}

/// The members of an organization.
#[utoipa::path(get, path = "/api/organizations/{org}/members", tag = "organizations",
    params(("org" = OrgId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "all of them", body = MembersBody)))]
pub(super) async fn members(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path(org): Path<OrgId>,
) -> Result<Json<MembersBody>, ApiError> {
    let members = shared.auth.members(&caller, org).await?;
    let items = members.into_iter().map(Into::into).collect();
    Ok(Json(MembersBody { items }))
}

/// Give an account a role in an organization.
///
/// Who is a member already gets the new role.
#[utoipa::path(post, path = "/api/organizations/{org}/members", tag = "organizations",
    params(("org" = OrgId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "a member now", body = MemberBody)))]
pub(super) async fn add_member(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path(org): Path<OrgId>,
    Json(body): Json<NewMemberBody>,
) -> Result<Json<MemberBody>, ApiError> {
    let role = body.role.into();
    let added = shared.auth.add_member(&caller, org, &body.email, role);
    Ok(Json(added.await?.into()))
}

/// Take a member out of an organization.
///
/// Organizers may take out anybody but the last organizer, others themselves.
#[utoipa::path(delete, path = "/api/organizations/{org}/members/{user}", tag = "organizations",
    params(("org" = OrgId, Path), ("user" = UserId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "no member any more")))]
pub(super) async fn remove_member(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Path((org, user)): Path<(OrgId, UserId)>,
) -> Result<StatusCode, ApiError> {
    shared.auth.remove_member(&caller, org, user).await?;
    Ok(StatusCode::NO_CONTENT)
}
