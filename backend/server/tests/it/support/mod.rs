//! A whole server on port 0 over a temporary folder, with a disorderly bus, and
//! a client for it.

mod answer;
mod clock;

pub use answer::Answer;

use clock::ShiftedClock;
use gateline_server::config::{Config, Settings};
use gateline_server::{Surroundings, run_in};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long anything may take before a test gives up.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// A running server.
pub struct TestApp {
    pub url: String,
    pub clock: Arc<ShiftedClock>,
    client: Client,
    folder: Arc<TempDir>,
    shutdown: CancellationToken,
    server: Option<JoinHandle<anyhow::Result<()>>>,
}

impl TestApp {
    /// A fresh server with the defaults of tests.
    pub async fn init() -> Self {
        Self::with(Settings::default()).await
    }

    /// A fresh server; `settings` prevail over the defaults of tests.
    pub async fn with(settings: Settings) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::over(folder, settings, Arc::default()).await
    }

    async fn over(folder: Arc<TempDir>, settings: Settings, clock: Arc<ShiftedClock>) -> Self {
        let defaults = Settings {
            data: Some(folder.path().to_owned()),
            payment_gateway: Some("test".to_owned()),
            shutdown_seconds: Some(2),
            ..Settings::default()
        };
        let config = Config::load(settings.or(defaults), None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shutdown = CancellationToken::new();
        let surroundings = Surroundings {
            clock: clock.clone(),
            disorder: Some(7),
        };
        let server = tokio::spawn(run_in(surroundings, config, listener, shutdown.clone()));
        let app = Self {
            url,
            clock,
            client: client(),
            folder,
            shutdown,
            server: Some(server),
        };
        app.wait_until("the server is ready", async || {
            app.get("/readyz").await.status == 200
        })
        .await;
        app
    }

    /// Stops the server and starts another over the same store.
    pub async fn restart(mut self) -> Self {
        self.stop().await;
        let clock = self.clock.clone();
        Self::over(self.folder.clone(), Settings::default(), clock).await
    }

    /// Stops the server as a signal would, and waits for it.
    pub async fn stop(&mut self) {
        self.shutdown.cancel();
        if let Some(server) = self.server.take() {
            server.await.unwrap().unwrap();
        }
    }

    /// The folder of the server's data.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A request to build upon.
    pub fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends and reads the whole answer.
    pub async fn answer(&self, request: RequestBuilder) -> Answer {
        Answer::of(request.send().await.unwrap()).await
    }

    /// An anonymous request with an optional JSON body.
    pub async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path);
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        self.answer(request).await
    }

    /// An anonymous GET.
    pub async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// Waits until `condition` holds; panics at the deadline.
    pub async fn wait_until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !condition().await {
            assert!(Instant::now() < deadline, "waited in vain until {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

fn client() -> Client {
    let installed = rustls::crypto::ring::default_provider().install_default();
    drop(installed); // another test of this process was first
    Client::builder().timeout(DEADLINE).build().unwrap()
}
