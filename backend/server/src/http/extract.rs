//! What handlers take: body, path, query and caller. Each failure is an
//! `ApiError`.

use super::error::ApiError;
use super::{body, unreadable};
use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use gateline_common::ErrorCode;
use gateline_core::shared::Principal;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// A JSON body, read or written. Reading wants the content type
/// `application/json`, which also keeps foreign pages' forms out.
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

/// A body that says nothing: none, or `{}`. For what cannot be undone, so that
/// nobody believes to have set a condition.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoFields {}

/// Parameters in the path.
#[derive(Debug, Clone)]
pub struct Path<T>(pub T);

/// Parameters in the query string.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

/// The signed-in caller; 401 without one.
#[derive(Debug, Clone)]
pub struct Authenticated(pub Principal);

/// The caller, if signed in. A token that is no good is still refused, but a
/// stale cookie is as good as none.
#[derive(Debug, Clone)]
pub struct MaybeAuthenticated(pub Option<Principal>);

/// What the request's token says; put into the request's extensions by
/// `layers::identify`.
#[derive(Debug, Clone)]
pub(crate) enum Caller {
    /// No token.
    Nobody,
    /// A good token.
    Known(Principal),
    /// A token in a cookie that is no good.
    StaleCookie(ApiError),
    /// A token in the `Authorization` header that is no good.
    BadToken(ApiError),
    /// A good cookie on a request that changes something and comes from a
    /// foreign page.
    CrossSite,
}

impl<S: Send + Sync> FromRequestParts<S> for Authenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Known(principal)) => Ok(Self(principal.clone())),
            Some(Caller::StaleCookie(error) | Caller::BadToken(error)) => Err(error.clone()),
            Some(Caller::CrossSite) => Err(cross_site()),
            Some(Caller::Nobody) | None => Err(ApiError::not_authenticated()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for MaybeAuthenticated {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        match parts.extensions.get::<Caller>() {
            Some(Caller::Known(principal)) => Ok(Self(Some(principal.clone()))),
            Some(Caller::BadToken(error)) => Err(error.clone()),
            Some(Caller::CrossSite) => Err(cross_site()),
            Some(Caller::Nobody | Caller::StaleCookie(_)) | None => Ok(Self(None)),
        }
    }
}

fn cross_site() -> ApiError {
    ApiError::new(
        ErrorCode::Forbidden,
        "a page of another site may not act for you",
    )
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let body = json_bytes(request).await?;
        unreadable::json(&body).map(Self)
    }
}

impl<S: Send + Sync> FromRequest<S> for NoFields {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let body = body::read(request).await?;
        if body.is_empty() {
            return Ok(Self {});
        }
        unreadable::json(&body)
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The body of a request that says it is JSON.
pub(super) async fn json_bytes(request: Request) -> Result<Bytes, ApiError> {
    if !says_json(&request) {
        return Err(ApiError::new(
            ErrorCode::UnsupportedMediaType,
            "send the content type application/json",
        ));
    }
    body::read(request).await
}

fn says_json(request: &Request) -> bool {
    let value = request.headers().get(axum::http::header::CONTENT_TYPE);
    let Some(value) = value.and_then(|value| value.to_str().ok()) else {
        return false;
    };
    let essence = value.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => {
                let names = RawPathParams::from_request_parts(parts, state).await;
                let names = names.as_ref().map_or_else(
                    |_| Vec::new(),
                    |raw| raw.iter().map(|(name, _)| name.to_owned()).collect(),
                );
                Err(unreadable::path(rejection, &names))
            }
        }
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        unreadable::query(parts.uri.query().unwrap_or_default()).map(Self)
    }
}
