//! The body of a creating request together with its `Idempotency-Key`.

use super::error::ApiError;
use super::extract::{Caller, json_bytes};
use super::unreadable;
use axum::extract::{FromRequest, Request};
use gateline_common::{ErrorCode, Hash};
use gateline_core::shared::IdempotencyKey;
use serde::de::DeserializeOwned;

const LONGEST_KEY: usize = 255;

/// The key, if the header is there, and the JSON body. The key belongs to the
/// caller and is bound to method, path and body.
///
/// The last argument of a handler: `Idempotent(key, body): Idempotent<NewOrder>`.
#[derive(Debug, Clone)]
pub struct Idempotent<T>(pub Option<IdempotencyKey>, pub T);

/// Makes fingerprints that say nothing about bodies to who reads the store: a
/// body may hold a password. Put into the extensions by `layers::identify`.
#[derive(Clone, Copy)]
pub(crate) struct FingerprintSecret(pub(crate) [u8; 32]);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Idempotent<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let named = key_of(&request)?;
        let scope = scope_of(&request);
        let secret = request.extensions().get::<FingerprintSecret>().copied();
        let method = request.method().clone();
        let path = request.uri().path().to_owned();
        let body = json_bytes(request).await?;
        let value = unreadable::json(&body)?;
        let Some(key) = named else {
            return Ok(Self(None, value));
        };
        let secret = secret.ok_or_else(|| ApiError::internal("no fingerprint secret"))?;
        let method = method.as_str().as_bytes();
        let fingerprint = Hash::of(&[&secret.0, method, &[0], path.as_bytes(), &[0], &body]);
        let key = IdempotencyKey {
            scope,
            key,
            fingerprint,
        };
        Ok(Self(Some(key), value))
    }
}

fn scope_of(request: &Request) -> String {
    match request.extensions().get::<Caller>() {
        Some(Caller::Known(principal)) => format!("user:{}", principal.user),
        _ => format!("anonymous:{}", request.uri().path()),
    }
}

fn key_of(request: &Request) -> Result<Option<String>, ApiError> {
    let Some(value) = request.headers().get("idempotency-key") else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let is_visible = text.bytes().all(|byte| byte.is_ascii_graphic());
    if text.is_empty() || text.len() > LONGEST_KEY || !is_visible {
        let message = format!(
            "`Idempotency-Key` must be 1 to {LONGEST_KEY} visible ASCII characters without spaces"
        );
        let refusal = ApiError::new(ErrorCode::MalformedParameter, message);
        return Err(refusal.of_field(Some("Idempotency-Key".to_owned())));
    }
    Ok(Some(text.to_owned()))
}
