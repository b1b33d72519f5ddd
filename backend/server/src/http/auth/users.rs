//! `/api/users`: signing up, in and out, and the own account.

use super::Shared;
use super::client::AskedFrom;
use super::dto::{SignInBody, SignUpBody, SignedInBody, UserBody, UserChangeBody};
use crate::http::{ApiError, Authenticated, Idempotent, Json};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use gateline_core::auth::{NewUser, Password, SignedIn, UserChange};

type SessionAnswer = (HeaderMap, Json<SignedInBody>);

impl Shared {
    /// The answer that carries a token, also as a cookie.
    pub(super) fn cookie_header(&self, token: &str) -> HeaderMap {
        let cookie = self.cookie.carrying(token);
        cookie
            .map(|cookie| (header::SET_COOKIE, cookie))
            .into_iter()
            .collect()
    }

    fn session_answer(&self, signed_in: SignedIn) -> SessionAnswer {
        let mut headers = self.cookie_header(&signed_in.token);
        if let Some(known) = self.device_cookie.carrying(&signed_in.device) {
            headers.append(header::SET_COOKIE, known);
        }
        let body = SignedInBody {
            user: signed_in.user.into(),
            token: signed_in.token,
        };
        (headers, Json(body))
    }
}

/// Sign up.
///
/// Makes an account and signs it in.
#[utoipa::path(post, path = "/api/users/signup", tag = "users",
    request_body = SignUpBody,
    params(("Idempotency-Key" = Option<String>, Header, description = "repeats sign in to the first account, if the password still is its")),
    responses((status = 201, description = "signed up and in", body = SignedInBody),
        (status = 401, description = "`bad_credentials`: a repetition, and the password has been changed"),
        (status = 429, description = "`rate_limited`: too many repetitions that do not prove the password; wait as `Retry-After` says"),
        (status = 409, description = "`email_taken`")))]
pub(super) async fn sign_up(
    State(shared): State<Shared>,
    AskedFrom(client): AskedFrom,
    Idempotent(key, body): Idempotent<SignUpBody>,
) -> Result<(StatusCode, HeaderMap, Json<SignedInBody>), ApiError> {
    let new = NewUser {
        email: body.email,
        password: Password::typed(body.password),
        name: body.name,
    };
    let signed_in = shared.auth.sign_up(new, key, &client).await?;
    let (headers, body) = shared.session_answer(signed_in);
    Ok((StatusCode::CREATED, headers, body))
}

/// Sign in.
///
/// Who fails too often has to wait: at an account, each network and each browser
/// that signed in before (by the cookie `gateline_device`) for itself.
#[utoipa::path(post, path = "/api/users/signin", tag = "users",
    request_body = SignInBody,
    responses((status = 200, description = "signed in", body = SignedInBody),
        (status = 401, description = "`bad_credentials`"),
        (status = 429, description = "`rate_limited`: wait as `Retry-After` says")))]
pub(super) async fn sign_in(
    State(shared): State<Shared>,
    AskedFrom(client): AskedFrom,
    Json(body): Json<SignInBody>,
) -> Result<SessionAnswer, ApiError> {
    let password = Password::typed(body.password);
    let signed_in = shared.auth.sign_in(&body.email, &password, &client).await?;
    Ok(shared.session_answer(signed_in))
}

/// Sign out.
///
/// Ends the session: its tokens are worthless from now on.
#[utoipa::path(post, path = "/api/users/signout", tag = "users",
    security(("bearer" = []), ("session" = [])),
    responses((status = 204, description = "signed out")))]
pub(super) async fn sign_out(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
) -> Result<(StatusCode, HeaderMap), ApiError> {
    shared.auth.sign_out(&caller).await?;
    let cookie = shared.cookie.removed();
    let headers = cookie.map(|cookie| (header::SET_COOKIE, cookie));
    Ok((StatusCode::NO_CONTENT, headers.into_iter().collect()))
}

/// The own account.
#[utoipa::path(get, path = "/api/users/currentuser", tag = "users",
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "the account", body = UserBody)))]
pub(super) async fn current_user(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
) -> Result<Json<UserBody>, ApiError> {
    Ok(Json(shared.auth.current_user(&caller).await?.into()))
}

/// Change the own account.
///
/// The answer's token says what is new.
#[utoipa::path(patch, path = "/api/users/currentuser", tag = "users",
    request_body = UserChangeBody,
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "changed", body = SignedInBody),
        (status = 429, description = "`rate_limited`: too many wrong current passwords")))]
pub(super) async fn update_user(
    State(shared): State<Shared>,
    Authenticated(caller): Authenticated,
    Json(body): Json<UserChangeBody>,
) -> Result<SessionAnswer, ApiError> {
    let change = UserChange {
        name: body.name,
        email: body.email,
        password: body.password.map(Password::typed),
        current_password: body.current_password.map(Password::typed),
    };
    let signed_in = shared.auth.update_user(&caller, change).await?;
    Ok(shared.session_answer(signed_in))
}
