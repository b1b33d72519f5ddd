//! `/api/events/{event}/signing-keys`: the public halves, rotation, leaks.

use super::dto::KeysBody;
use crate::http::{ApiError, Authenticated, Json, Path};
use axum::extract::State;
use gateline_common::ids::{EventId, KeyId};
use gateline_core::tickets::Tickets;

/// The verifying keys of an event.
#[utoipa::path(get, path = "/api/events/{event}/signing-keys", tag = "tickets",
    operation_id = "signing_keys",
    params(("event" = EventId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "all of them", body = KeysBody)))]
pub(super) async fn list(
    State(tickets): State<Tickets>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
) -> Result<Json<KeysBody>, ApiError> {
    Ok(Json(tickets.signing_keys(&caller, event).await?.into()))
}

/// Sign new tickets with the next key. Those that are out stay good.
#[utoipa::path(post, path = "/api/events/{event}/signing-keys/rotate", tag = "tickets",
    params(("event" = EventId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "the keys", body = KeysBody)))]
pub(super) async fn rotate(
    State(tickets): State<Tickets>,
    Authenticated(caller): Authenticated,
    Path(event): Path<EventId>,
) -> Result<Json<KeysBody>, ApiError> {
    Ok(Json(tickets.rotate_keys(&caller, event).await?.into()))
}

/// A key leaked: under it, gates let only listed tickets pass.
#[utoipa::path(post, path = "/api/events/{event}/signing-keys/{key}/compromised", tag = "tickets",
    params(("event" = EventId, Path), ("key" = KeyId, Path)),
    security(("bearer" = []), ("session" = [])),
    responses((status = 200, description = "the keys", body = KeysBody)))]
pub(super) async fn compromised(
    State(tickets): State<Tickets>,
    Authenticated(caller): Authenticated,
    Path((event, key)): Path<(EventId, KeyId)>,
) -> Result<Json<KeysBody>, ApiError> {
    let keys = tickets.compromise_key(&caller, event, key).await?;
    Ok(Json(keys.into()))
}
