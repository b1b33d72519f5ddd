//! The routes, and what a server in trouble answers instead.

use super::memory::{Device, serial_of};
use super::{Mode, Shared};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{StreamExt, stream};
use gateline_common::decision::{Answer, Direction, Refusal};
use gateline_common::ids::{DeviceId, EventId, FeedGeneration};
use gateline_common::sync::{
    self, ConfirmAnswer, ConfirmRequest, Cursor, EnrolAnswer, EnrolRequest, Record, RecordBody,
    UploadRequest,
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::sync::Arc;
use ticket_crypto::detached::{Domain, verify};
use uuid::Uuid;

type Fake = State<Arc<Shared>>;

pub(super) fn error(status: u16, code: &str) -> Response {
    let body = json!({"errors": [{"code": code, "message": "as the test wants it"}]});
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn framed<M: sync::Message>(message: &M) -> Response {
    let bytes = sync::encode(message).unwrap();
    ([(header::CONTENT_TYPE, sync::CONTENT_TYPE)], bytes).into_response()
}

pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/checkin/enrol", post(enrol))
        .route("/api/checkin/device/manifest", get(manifest))
        .route("/api/checkin/device/revocation", get(revocation))
        .route("/api/checkin/device/events/{event}/feed", get(feed))
        .route("/api/checkin/device/scans", post(scans))
        .route("/api/checkin/device/confirm", post(confirm))
        .route("/api/checkin/device/push", get(push))
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            misbehave,
        ))
        .with_state(shared)
}

async fn misbehave(State(shared): Fake, request: Request, next: Next) -> Response {
    let mode = shared.memory.lock().unwrap().mode;
    let page = Html("<!doctype html><title>Sign in to Venue Wi-Fi</title>");
    match mode {
        Mode::Good => next.run(request).await,
        Mode::Portal => page.into_response(),
        Mode::Redirect => (
            StatusCode::FOUND,
            [(header::LOCATION, "http://portal.invalid/")],
        )
            .into_response(),
        Mode::BadGateway => (StatusCode::BAD_GATEWAY, page).into_response(),
        Mode::Failing => error(500, "internal"),
        Mode::Saying(..) if request.uri().path().ends_with("/revocation") => {
            next.run(request).await
        }
        Mode::Saying(status, code) => error(status, code),
        Mode::Cut(after) => {
            let (mut parts, body) = next.run(request).await.into_parts();
            let whole = axum::body::to_bytes(body, usize::MAX).await.unwrap();
            if whole.len() <= after {
                return Response::from_parts(parts, Body::from(whole));
            }
            let sent = whole.slice(..after);
            parts.headers.remove(header::CONTENT_LENGTH);
            // What was sent is on its way before the connection breaks.
            let cut = stream::once(async {
                tokio::task::yield_now().await;
                Err(io::Error::other("cut"))
            });
            let body = stream::iter([Ok(sent)]).chain(cut);
            Response::from_parts(parts, Body::from_stream(body))
        }
    }
}

async fn enrol(State(shared): Fake, Json(request): Json<EnrolRequest>) -> Response {
    let mut memory = shared.memory.lock().unwrap();
    let secret = request.secret.as_bytes();
    assert!(verify(
        &request.device_key,
        Domain::Enrol,
        secret,
        &request.proof
    ));
    let id = DeviceId(Uuid::from_u128(100 + memory.devices.len() as u128));
    memory.devices.push(Device {
        id,
        key: request.device_key,
        records: BTreeMap::new(),
        forks: vec![],
        uploaded: BTreeSet::new(),
        revoked: false,
    });
    Json(EnrolAnswer {
        device: id,
        name: memory.device_name.clone().unwrap_or(request.name),
        org: memory.world.manifest.org,
        credential: id.to_string(),
        manifest: memory.world.signed(),
        server_time: memory.now,
    })
    .into_response()
}

async fn manifest(State(shared): Fake, headers: HeaderMap) -> Result<Response, Response> {
    shared.device(&headers).map_err(|refused| *refused)?;
    let memory = shared.memory.lock().unwrap();
    let told = memory.manifest_override.clone();
    Ok(Json(told.unwrap_or_else(|| memory.world.signed())).into_response())
}

async fn revocation(State(shared): Fake, headers: HeaderMap) -> Result<Response, Response> {
    let (device, revoked) = shared.sender(&headers).map_err(|refused| *refused)?;
    let memory = shared.memory.lock().unwrap();
    match &memory.notice_override {
        Some(other) => Ok(Json(other.clone()).into_response()),
        None if revoked => Ok(Json(memory.notice(device)).into_response()),
        None => Err(error(404, "not_found")),
    }
}

#[derive(serde::Deserialize)]
struct From {
    generation: Option<Uuid>,
    position: Option<u64>,
}

async fn feed(
    State(shared): Fake,
    Path(event): Path<u32>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Result<Response, Response> {
    shared.device(&headers).map_err(|refused| *refused)?;
    let event = EventId(event);
    let mut cursor = from
        .generation
        .zip(from.position)
        .map(|(generation, position)| Cursor {
            event,
            generation: FeedGeneration(generation),
            position,
        });
    // Each page is flushed, so that a reader has it before the next one comes.
    let mut stream = zstd::stream::write::Encoder::new(Vec::new(), 1).unwrap();
    let mut memory = shared.memory.lock().unwrap();
    loop {
        let page = memory.page(event, cursor);
        let frame = sync::encode(&page).unwrap();
        stream
            .write_all(&u32::try_from(frame.len()).unwrap().to_be_bytes())
            .unwrap();
        stream.write_all(&frame).unwrap();
        stream.flush().unwrap();
        if !page.more {
            break;
        }
        cursor = Some(Cursor {
            event,
            generation: page.generation,
            position: page.next,
        });
    }
    Ok(stream.finish().unwrap().into_response())
}

async fn scans(State(shared): Fake, headers: HeaderMap, body: Bytes) -> Result<Response, Response> {
    let (device, revoked) = shared.sender(&headers).map_err(|refused| *refused)?;
    let request: UploadRequest = sync::decode(&body).unwrap();
    let mut memory = shared.memory.lock().unwrap();
    if revoked && memory.refuse_revoked {
        return Err(error(403, "device_revoked"));
    }
    if let (Some(bad), Some(batch)) = (memory.refuse_record, &request.batch) {
        let last = batch.first_seq + batch.records.len() as u64 - 1;
        if (batch.first_seq..=last).contains(&bad) {
            return Err(error(413, "too_large"));
        }
    }
    let taken = memory.take(request.batch.as_ref());
    if let Some(known) = memory.devices.iter_mut().find(|it| it.id == device) {
        known.uploaded.extend(taken.0.iter().map(|told| told.seq));
    }
    Ok(framed(&memory.upload_answer(
        device,
        taken,
        &request.cursors,
    )))
}

async fn confirm(
    State(shared): Fake,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Response> {
    let device = shared.device(&headers).map_err(|refused| *refused)?;
    let request: ConfirmRequest = sync::decode(&body).unwrap();
    let _ = shared.held.subscribe().wait_for(|held| !held).await;
    let mut memory = shared.memory.lock().unwrap();
    let last = Record::from_bytes(request.batch.records.last().unwrap()).unwrap();
    let RecordBody::Scan(scan) = &last.body else {
        panic!("asked about no scan");
    };
    let entry = memory.list.get(&serial_of(&scan.subject));
    let other = entry.and_then(|(_, entry)| {
        let mut passages = entry.passages.iter();
        passages
            .find(|it| it.device != device && it.direction == Direction::Entry)
            .cloned()
    });
    let answer = match other {
        Some(passage) => Answer::Refuse(Refusal::AlreadyAdmitted {
            at: passage.at,
            gate: passage.gate,
            device: passage.device,
        }),
        None => scan.answer.clone(),
    };
    let taken = memory.take(Some(&request.batch));
    let cursors: Vec<Cursor> = request.cursor.into_iter().collect();
    let upload = memory.upload_answer(device, taken, &cursors);
    Ok(framed(&ConfirmAnswer { answer, upload }))
}

async fn push(State(shared): Fake, headers: HeaderMap) -> Result<Response, Response> {
    shared.device(&headers).map_err(|refused| *refused)?;
    let mut pushed = shared.pushed.subscribe();
    pushed.mark_unchanged();
    let first = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b": hello\n\n"))]);
    let events = stream::unfold(pushed, async |mut pushed| {
        pushed.changed().await.ok()?;
        Some((Ok(Bytes::from_static(b"event: changed\ndata:\n\n")), pushed))
    });
    let body = Body::from_stream(first.chain(events));
    Ok(([(header::CONTENT_TYPE, "text/event-stream")], body).into_response())
}
