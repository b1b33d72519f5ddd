//! The routes of the sync protocol, and what comes back when something is wrong
//! between device and server.

use super::books::Received;
use super::{Shared, Upload};
use crate::scenarios::file::Fault;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{StreamExt, stream};
use gateline_common::ids::{DeviceId, EventId, FeedGeneration};
use gateline_common::sync::{
    self, ConfirmAnswer, ConfirmRequest, Cursor, EnrolAnswer, EnrolRequest, UploadRequest,
};
use serde_json::json;
use std::io::{self, Write};
use std::sync::Arc;
use ticket_crypto::detached::{Domain, verify};
use uuid::Uuid;

type Server = State<Arc<Shared>>;

/// What a slow network takes for a request and its answer.
const SLOW_MS: u64 = 2_000;

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/checkin/enrol", post(enrol))
        .route("/api/checkin/device/manifest", get(manifest))
        .route("/api/checkin/device/revocation", get(revocation))
        .route("/api/checkin/device/events/{event}/feed", get(feed))
        .route("/api/checkin/device/scans", post(scans))
        .route("/api/checkin/device/confirm", post(confirm))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), network))
        .with_state(shared)
}

/// A request that cannot be answered: status, code and words.
struct Refused(u16, &'static str, String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        refusal(self.0, self.1, &self.2)
    }
}

impl<E: std::fmt::Display> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(500, "internal", error.to_string())
    }
}

fn refusal(status: u16, code: &str, message: &str) -> Response {
    let body = json!({"errors": [{"code": code, "message": message}]});
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, Json(body)).into_response()
}

/// Every connection carries one request, so that a network that goes down
/// leaves none behind.
async fn network(State(shared): Server, request: Request, next: Next) -> Response {
    let fault = shared.books().fault;
    let mut response = match fault {
        Fault::CaptivePortal => {
            Html("<!doctype html><title>Sign in to Venue Wi-Fi</title>").into_response()
        }
        Fault::ServerError => refusal(500, "internal", "something failed"),
        _ => next.run(request).await,
    };
    if fault == Fault::Slow {
        shared.steady.pass_ms(SLOW_MS);
    }
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// What was sent, and then nothing: the connection breaks.
fn broken_off(sent: Vec<u8>) -> Response {
    let cut = stream::once(async {
        // What was sent is on its way before the connection breaks.
        tokio::task::yield_now().await;
        Err(io::Error::other("cut"))
    });
    let body = stream::iter([Ok(Bytes::from(sent))]).chain(cut);
    Body::from_stream(body).into_response()
}

fn framed<M: sync::Message>(message: &M) -> Result<Response, Refused> {
    let bytes = sync::encode(message)?;
    Ok(([(header::CONTENT_TYPE, sync::CONTENT_TYPE)], bytes).into_response())
}

/// Who asks; a revoked device may only send.
fn who(shared: &Shared, headers: &HeaderMap, may_be_revoked: bool) -> Result<DeviceId, Refused> {
    let bearer = headers.get(header::AUTHORIZATION);
    let bearer = bearer.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    match shared.books().who(bearer.unwrap_or_default()) {
        Some((_, true)) if !may_be_revoked => Err(Refused(403, "device_revoked", "revoked".into())),
        Some((device, _)) => Ok(device),
        None => Err(Refused(401, "not_authenticated", "who is this?".into())),
    }
}

async fn enrol(
    State(shared): Server,
    Json(request): Json<EnrolRequest>,
) -> Result<Response, Refused> {
    let secret = request.secret.as_bytes();
    if !verify(&request.device_key, Domain::Enrol, secret, &request.proof) {
        return Err(Refused(422, "invalid", "no proof of the key".into()));
    }
    let mut books = shared.books();
    let device = books.enrol(request.name.clone(), request.device_key);
    let answer = EnrolAnswer {
        device,
        name: request.name,
        org: books.manifest().org,
        credential: device.to_string(),
        manifest: books.signed_manifest()?,
        server_time: books.now,
    };
    Ok(Json(answer).into_response())
}

async fn manifest(State(shared): Server, headers: HeaderMap) -> Result<Response, Refused> {
    who(&shared, &headers, false)?;
    let signed = shared.books().signed_manifest()?;
    Ok(Json(signed).into_response())
}

async fn revocation(State(shared): Server, headers: HeaderMap) -> Result<Response, Refused> {
    let device = who(&shared, &headers, true)?;
    match shared.books().notice(device) {
        Some(notice) => Ok(Json(notice).into_response()),
        None => Err(Refused(404, "not_found", "not revoked".into())),
    }
}

#[derive(serde::Deserialize)]
struct Since {
    generation: Option<Uuid>,
    position: Option<u64>,
}

async fn feed(
    State(shared): Server,
    Path(event): Path<u32>,
    Query(from): Query<Since>,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    who(&shared, &headers, false)?;
    let event = EventId(event);
    let from = from.generation.zip(from.position);
    let mut cursor = from.map(|(generation, position)| Cursor {
        event,
        generation: FeedGeneration(generation),
        position,
    });
    let mut books = shared.books();
    let breaks = matches!(books.fault, Fault::CutDownload | Fault::Restart);
    let mut stream = zstd::stream::write::Encoder::new(Vec::new(), 1)?;
    // Enough changes for a reader to fall behind, and an end of them.
    let mut stirs = if books.fault == Fault::ListChanges {
        5
    } else {
        0
    };
    loop {
        let page = books.page(event, cursor);
        let frame = sync::encode(&page)?;
        stream.write_all(&u32::try_from(frame.len())?.to_be_bytes())?;
        stream.write_all(&frame)?;
        stream.flush()?;
        if page.more && breaks {
            return Ok(broken_off(stream.get_ref().clone()));
        }
        if !page.more {
            return Ok(stream.finish()?.into_response());
        }
        if stirs > 0 {
            stirs -= 1;
            books.stir();
        }
        cursor = Some(Cursor {
            event,
            generation: page.generation,
            position: page.next,
        });
    }
}

async fn scans(
    State(shared): Server,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let device = who(&shared, &headers, true)?;
    let request: UploadRequest = sync::decode(&body)?;
    let mut books = shared.books();
    let received = match &request.batch {
        Some(batch) => books.receive(batch)?,
        None => Received::default(),
    };
    if books.upload != Upload::Good {
        return Ok(broken_off(Vec::new()));
    }
    framed(&books.answer(device, received, &request.cursors))
}

async fn confirm(
    State(shared): Server,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refused> {
    let device = who(&shared, &headers, false)?;
    let request: ConfirmRequest = sync::decode(&body)?;
    let seq = request.batch.first_seq + request.batch.records.len() as u64 - 1;
    let answer = {
        let mut books = shared.books();
        books.asked += 1;
        let received = books.receive(&request.batch)?;
        let answer = books.confirm(device, seq)?;
        let cursors: Vec<Cursor> = request.cursor.into_iter().collect();
        let upload = books.answer(device, received, &cursors);
        ConfirmAnswer { answer, upload }
    };
    drop(shared.held.subscribe().wait_for(|held| !held).await);
    framed(&answer)
}
