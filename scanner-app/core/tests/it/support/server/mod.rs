//! A server that speaks the sync protocol from memory, and misbehaves on demand.

mod memory;
mod routes;

use super::T0;
use super::World;
use axum::http::{HeaderMap, header};
use axum::response::Response;
use gateline_common::Hash;
use gateline_common::ids::{DeviceId, FeedGeneration, Serial};
use gateline_common::sync::{EnrolmentCode, ListedTicket, Record, RecordBody};
use memory::Memory;
pub(crate) use memory::signed;
use routes::{error, router};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
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
    /// This status and code, to everything but the question for the notice.
    Saying(u16, &'static str),
    /// Bodies longer than this break off there.
    Cut(usize),
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
                notice_override: None,
                device_name: None,
                forge_receipts: false,
                refuse_revoked: false,
            }),
            held: watch::Sender::new(false),
            pushed: watch::Sender::new(0),
        }
    }

    fn device(&self, headers: &HeaderMap) -> Result<DeviceId, Box<Response>> {
        match self.sender(headers)? {
            (_, true) => Err(Box::new(error(403, "device_revoked"))),
            (device, false) => Ok(device),
        }
    }

    /// Who asks, and whether it was revoked.
    fn sender(&self, headers: &HeaderMap) -> Result<(DeviceId, bool), Box<Response>> {
        let memory = self.memory.lock().unwrap();
        let bearer = headers[header::AUTHORIZATION].to_str().unwrap();
        let found = memory
            .devices
            .iter()
            .find(|device| bearer == format!("Bearer {}", device.id));
        match found {
            Some(device) => Ok((device.id, device.revoked)),
            None => Err(Box::new(error(401, "not_authenticated"))),
        }
    }
}
