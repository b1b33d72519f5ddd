//! The server that the gates of a scenario exchange with: it speaks the sync
//! protocol over HTTP, keeps its books as the `admission` driver's server does,
//! and fails as a scenario says.
//!
//! Always true: what a gate is told here is what that server knows; the only
//! thing added is the order of the feed.

mod books;
mod routes;

pub(super) use books::{Books, Upload};

use crate::scenarios::gate::clock::Steady;
use crate::scenarios::{World, file, secret_key};
use axum::serve::Listener;
use gateline_common::sync::EnrolmentCode;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running server; it ends when this is dropped.
pub(super) struct SyncServer {
    shared: Arc<Shared>,
    url: String,
    serving: JoinHandle<()>,
}

struct Shared {
    books: Mutex<Books>,
    /// Answers about admissions wait while this is true.
    held: watch::Sender<bool>,
    steady: Arc<Steady>,
}

impl SyncServer {
    pub(super) async fn open(world: &World, steady: Arc<Steady>) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared {
            books: Mutex::new(Books::open(world)?),
            held: watch::Sender::new(false),
            steady,
        });
        let app = routes::router(Arc::clone(&shared));
        let wire = Wire {
            listener,
            shared: Arc::clone(&shared),
        };
        let serving = tokio::spawn(async move {
            // It ends with an error only when the socket is gone.
            drop(axum::serve(wire, app).await);
        });
        Ok(Self {
            shared,
            url,
            serving,
        })
    }

    pub(super) fn books(&self) -> MutexGuard<'_, Books> {
        self.shared.books()
    }

    /// Answers about admissions wait until they are let go.
    pub(super) fn hold_answers(&self, hold: bool) {
        self.shared.held.send_replace(hold);
    }

    pub(super) fn enrolment_code(&self) -> String {
        let code = EnrolmentCode {
            server: self.url.clone(),
            secret: "one-time".into(),
            root_key: secret_key("root").public_key(),
            certificate: None,
        };
        code.to_string()
    }
}

impl Drop for SyncServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The network: while it is down, connections break as soon as they are made.
struct Wire {
    listener: TcpListener,
    shared: Arc<Shared>,
}

impl Listener for Wire {
    type Io = TcpStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (TcpStream, SocketAddr) {
        loop {
            if let Ok(accepted) = self.listener.accept().await
                && self.shared.books().fault != file::Fault::Down
            {
                return accepted;
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}
