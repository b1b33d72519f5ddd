//! A server that speaks the sync protocol from memory, and misbehaves on demand.

use super::{T0, World};
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures::{StreamExt, stream};
use gateline_common::decision::{Answer, Direction, Passage, Refusal};
use gateline_common::ids::{DeviceId, EventId, FeedGeneration, Serial};
use gateline_common::sync::{
    self, ConfirmAnswer, ConfirmRequest, Cursor, EnrolAnswer, EnrolRequest, EnrolmentCode,
    FeedEntry, FeedPage, ListedTicket, Outcome, Receipt, Record, RecordBody, RecordOutcome,
    ScanBatch, SignedReceipt, Subject, UploadAnswer, UploadRequest,
};
use gateline_common::time::Timestamp;
use gateline_common::{Hash, PublicKey};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard};
use ticket_crypto::TicketCode;
use ticket_crypto::detached::{Domain, sign, verify};
use tokio::net::TcpListener;
use tokio::sync::watch;
use uuid::Uuid;

/// What the server does with every request of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Good,
    /// A captive portal: 200 with HTML.
    Portal,
    /// A captive portal: a redirect.
    Redirect,
    /// A proxy's 502 with HTML.
    BadGateway,
    /// 500 in the error format.
    Failing,
    /// Bodies longer than this break off there.
    Cut(usize),
}

pub(crate) struct Device {
    pub(crate) id: DeviceId,
    pub(crate) key: PublicKey,
    pub(crate) records: BTreeMap<u64, Vec<u8>>,
    pub(crate) forks: Vec<Vec<u8>>,
    pub(crate) revoked: bool,
}

pub(crate) struct Memory {
    pub(crate) world: World,
    pub(crate) mode: Mode,
    pub(crate) devices: Vec<Device>,
    pub(crate) now: Timestamp,
    pub(crate) generation: FeedGeneration,
    position: u64,
    list: BTreeMap<Serial, (u64, FeedEntry)>,
    pub(crate) page_size: usize,
    pub(crate) entries_sent: usize,
    pub(crate) refuse_record: Option<u64>,
    pub(crate) quarantine: bool,
    pub(crate) manifest_override: Option<sync::SignedManifest>,
}

/// A running server. It ends with the test's runtime.
pub(crate) struct Server {
    pub(crate) url: String,
    pub(crate) certificate: Option<Hash>,
    shared: Arc<Shared>,
}

struct Shared {
    memory: Mutex<Memory>,
    /// Confirmations wait while this is true.
    held: watch::Sender<bool>,
    pushed: watch::Sender<u64>,
}

type Fake = State<Arc<Shared>>;

impl Server {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::new());
        let app = router(Arc::clone(&shared));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Self {
            url,
            certificate: None,
            shared,
        }
    }

    /// The same over TLS with a self-signed certificate.
    pub(crate) async fn start_tls() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let made = rcgen::generate_simple_self_signed(vec!["gates.invalid".into()]).unwrap();
        let certificate = made.cert.der().to_vec();
        let key = made.signing_key.serialize_der();
        let hash = Hash::of(&[&certificate]);
        let config = axum_server::tls_rustls::RustlsConfig::from_der(vec![certificate], key);
        let config = config.await.unwrap();
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("https://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared::new());
        let app = router(Arc::clone(&shared)).into_make_service();
        let serving = axum_server::from_tcp_rustls(listener, config).unwrap();
        tokio::spawn(async move { serving.serve(app).await });
        Self {
            url,
            certificate: Some(hash),
            shared,
        }
    }

    pub(crate) fn enrolment_code(&self) -> String {
        self.code_at(&self.url, self.certificate)
    }

    pub(crate) fn code_at(&self, server: &str, certificate: Option<Hash>) -> String {
        let code = EnrolmentCode {
            server: server.into(),
            secret: "one-time".into(),
            root_key: self.memory().world.root.public_key(),
            certificate,
        };
        code.to_string()
    }

    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.shared.memory.lock().unwrap()
    }

    pub(crate) fn set(&self, mode: Mode) {
        self.memory().mode = mode;
    }

    pub(crate) fn list(&self, serial: u64, ticket: ListedTicket) {
        self.memory().change(Serial::truncate(serial), |entry| {
            entry.ticket = Some(ticket);
        });
    }

    /// Confirmations wait until they are released.
    pub(crate) fn hold_confirmations(&self, hold: bool) {
        self.shared.held.send_replace(hold);
    }

    pub(crate) fn push(&self) {
        self.shared.pushed.send_modify(|n| *n += 1);
    }

    pub(crate) fn digits(&self, serial: u64) -> String {
        self.memory().world.digits(serial)
    }

    /// The scans that the server holds of its first device.
    pub(crate) fn scans(&self) -> Vec<Record> {
        let memory = self.memory();
        let records = memory.devices[0].records.values();
        records
            .map(|bytes| Record::from_bytes(bytes).unwrap())
            .filter(|record| matches!(record.body, RecordBody::Scan(_)))
            .collect()
    }
}

impl Memory {
    pub(crate) fn change(&mut self, serial: Serial, change: impl FnOnce(&mut FeedEntry)) {
        self.position += 1;
        let fresh = FeedEntry {
            serial,
            ticket: None,
            passages: vec![],
        };
        let row = self.list.entry(serial).or_insert((0, fresh));
        row.0 = self.position;
        change(&mut row.1);
    }

    /// A backup was restored: positions mean something else now.
    pub(crate) fn begin_new_history(&mut self) {
        self.generation = FeedGeneration(Uuid::from_u128(self.generation.0.as_u128() + 1));
        let serials: Vec<Serial> = self.list.keys().copied().collect();
        self.position = 0;
        for serial in serials {
            self.change(serial, |_| {});
        }
    }

    pub(crate) fn unlist(&mut self, serial: u64) {
        self.list.remove(&Serial::truncate(serial));
    }

    fn page(&mut self, event: EventId, cursor: Option<Cursor>) -> FeedPage {
        let known =
            cursor.filter(|it| it.generation == self.generation && it.position <= self.position);
        let after = known.map_or(0, |cursor| cursor.position);
        let mut rows: Vec<_> = match event == super::EVENT {
            true => self
                .list
                .values()
                .filter(|row| row.0 > after)
                .cloned()
                .collect(),
            false => vec![],
        };
        rows.sort_by_key(|row| row.0);
        let more = rows.len() > self.page_size;
        rows.truncate(self.page_size);
        self.entries_sent += rows.len();
        FeedPage {
            event,
            generation: self.generation,
            next: rows.last().map_or(after, |row| row.0),
            entries: rows.into_iter().map(|row| row.1).collect(),
            more,
            reset: cursor.is_some() && known.is_none(),
        }
    }

    fn take(&mut self, batch: Option<&ScanBatch>) -> (Vec<RecordOutcome>, Option<SignedReceipt>) {
        let Some(batch) = batch else {
            return (vec![], None);
        };
        let mut outcomes = Vec::new();
        for (seq, bytes) in (batch.first_seq..).zip(&batch.records) {
            let hash = Record::hash(bytes);
            let outcome = self.take_one(batch.device, seq, bytes);
            outcomes.push(RecordOutcome { seq, hash, outcome });
        }
        let last = outcomes.last().unwrap();
        let head = ScanBatch::head(batch.device, batch.first_seq, last.seq, last.hash);
        let device = self
            .devices
            .iter()
            .find(|it| it.id == batch.device)
            .unwrap();
        assert!(
            verify(&device.key, Domain::Batch, &head, &batch.signature),
            "the batch is signed by its device"
        );
        let receipt = Receipt {
            device: batch.device,
            seq: last.seq,
            hash: last.hash,
            at: self.now,
        };
        let signature = sign(
            &self.world.root,
            Domain::Receipt,
            &receipt.to_signed_bytes(),
        );
        (outcomes, Some(SignedReceipt { receipt, signature }))
    }

    fn take_one(&mut self, device: DeviceId, seq: u64, bytes: &[u8]) -> Outcome {
        let quarantine = self.quarantine;
        let device = self.devices.iter_mut().find(|it| it.id == device).unwrap();
        match device.records.get(&seq) {
            Some(held) if held == bytes => return Outcome::Known,
            Some(_) => {
                device.forks.push(bytes.to_vec());
                return Outcome::Fork;
            }
            None => drop(device.records.insert(seq, bytes.to_vec())),
        }
        let record = Record::from_bytes(bytes).unwrap();
        assert_eq!(record.seq, seq);
        if let Some(before) = device.records.get(&(seq - 1)) {
            assert_eq!(record.previous, Record::hash(before), "the chain holds");
        }
        if quarantine {
            return Outcome::Quarantined(sync::QuarantineReason::ForeignEvent);
        }
        self.learn(&record);
        Outcome::Stored
    }

    fn learn(&mut self, record: &Record) {
        let (serial, add) = match &record.body {
            RecordBody::Scan(scan) if scan.answer.is_admitted() => {
                (serial_of(&scan.subject), Some((scan.gate, scan.direction)))
            }
            RecordBody::Withdrawal { seq, .. } | RecordBody::Undo { seq } => {
                let device = self
                    .devices
                    .iter()
                    .find(|it| it.id == record.device)
                    .unwrap();
                let of = Record::from_bytes(&device.records[seq]).unwrap();
                let RecordBody::Scan(scan) = of.body else {
                    panic!("of a scan")
                };
                (serial_of(&scan.subject), None)
            }
            _ => return,
        };
        let (device, seq, at) = (record.device, record.seq, record.at);
        self.change(serial, |entry| match add {
            Some((gate, direction)) => entry.passages.push(Passage {
                at,
                device,
                seq,
                gate,
                direction,
            }),
            None => entry.passages.retain(|passage| passage.device != device),
        });
    }

    fn upload_answer(
        &mut self,
        device: DeviceId,
        taken: (Vec<RecordOutcome>, Option<SignedReceipt>),
        cursors: &[Cursor],
    ) -> UploadAnswer {
        let records = &self
            .devices
            .iter()
            .find(|it| it.id == device)
            .unwrap()
            .records;
        let unbroken = (1..).take_while(|seq| records.contains_key(seq)).last();
        UploadAnswer {
            outcomes: taken.0,
            receipt: taken.1,
            unbroken: unbroken.unwrap_or(0),
            feeds: cursors
                .iter()
                .map(|cursor| self.page(cursor.event, Some(*cursor)))
                .collect(),
            manifest_version: self.world.manifest.version,
            server_time: self.now,
        }
    }
}

fn serial_of(subject: &Subject) -> Serial {
    match subject {
        Subject::Code(bytes) => TicketCode::parse(bytes).unwrap().claims().serial,
        Subject::Listed(serial) => *serial,
        Subject::Foreign { .. } => panic!("not admitted"),
    }
}

impl Shared {
    fn new() -> Self {
        Self {
            memory: Mutex::new(Memory {
                world: World::new(),
                mode: Mode::Good,
                devices: vec![],
                now: T0,
                generation: FeedGeneration(Uuid::from_u128(1)),
                position: 0,
                list: BTreeMap::new(),
                page_size: 1_000,
                entries_sent: 0,
                refuse_record: None,
                quarantine: false,
                manifest_override: None,
            }),
            held: watch::Sender::new(false),
            pushed: watch::Sender::new(0),
        }
    }

    fn device(&self, headers: &HeaderMap) -> Result<DeviceId, Box<Response>> {
        let memory = self.memory.lock().unwrap();
        let bearer = headers[header::AUTHORIZATION].to_str().unwrap();
        let found = memory
            .devices
            .iter()
            .find(|device| bearer == format!("Bearer {}", device.id));
        match found {
            Some(device) if device.revoked => Err(Box::new(error(403, "device_revoked"))),
            Some(device) => Ok(device.id),
            None => Err(Box::new(error(401, "not_authenticated"))),
        }
    }
}

fn error(status: u16, code: &str) -> Response {
    let body = json!({"errors": [{"code": code, "message": "as the test wants it"}]});
    (StatusCode::from_u16(status).unwrap(), Json(body)).into_response()
}

fn framed<M: sync::Message>(message: &M) -> Response {
    let bytes = sync::encode(message).unwrap();
    ([(header::CONTENT_TYPE, sync::CONTENT_TYPE)], bytes).into_response()
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/api/checkin/enrol", post(enrol))
        .route("/api/checkin/device/manifest", get(manifest))
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
        revoked: false,
    });
    Json(EnrolAnswer {
        device: id,
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
    let device = shared.device(&headers).map_err(|refused| *refused)?;
    let request: UploadRequest = sync::decode(&body).unwrap();
    let mut memory = shared.memory.lock().unwrap();
    if let (Some(bad), Some(batch)) = (memory.refuse_record, &request.batch) {
        let last = batch.first_seq + batch.records.len() as u64 - 1;
        if (batch.first_seq..=last).contains(&bad) {
            return Err(error(413, "too_large"));
        }
    }
    let taken = memory.take(request.batch.as_ref());
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
