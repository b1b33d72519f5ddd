//! A whole server on port 0 over a temporary folder, with a disorderly bus, and
//! a client for it.

mod answer;
pub(crate) mod box_office;
mod clock;
mod documented;
mod user;

pub(crate) use answer::Answer;
pub(crate) use user::{PASSWORD, TestUser};

use clock::ShiftedClock;
use gateline_server::config::{Config, Settings};
use gateline_server::{Surroundings, run_in};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long anything may take before a test gives up.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A running server.
pub(crate) struct TestApp {
    pub(crate) url: String,
    pub(crate) clock: Arc<ShiftedClock>,
    client: Client,
    folder: Arc<TempDir>,
    shutdown: CancellationToken,
    server: Option<JoinHandle<anyhow::Result<()>>>,
}

impl TestApp {
    /// A fresh server with the defaults of tests.
    pub(crate) async fn init() -> Self {
        Self::with(Settings::default()).await
    }

    /// A fresh server; `settings` prevail over the defaults of tests.
    pub(crate) async fn with(settings: Settings) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::over(folder, settings, Arc::default()).await
    }

    async fn over(folder: Arc<TempDir>, settings: Settings, clock: Arc<ShiftedClock>) -> Self {
        let defaults = Settings {
            data: Some(folder.path().to_owned()),
            payment_gateway: Some("test".to_owned()),
            admin_emails: Some(vec!["root@example.org".to_owned()]),
            shutdown_seconds: Some(2),
            ..Settings::default()
        };
        let config = Config::load(settings.or(defaults), None).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if config.is_https() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        // Makes the certificate, if there is to be one.
        gateline_server::announcement(&config).unwrap();
        let client = client(&config);
        let shutdown = CancellationToken::new();
        let surroundings = Surroundings {
            clock: clock.clone(),
            disorder: Some(7),
        };
        let server = tokio::spawn(run_in(surroundings, config, listener, shutdown.clone()));
        let app = Self {
            url,
            clock,
            client,
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
    pub(crate) async fn restart(self) -> Self {
        self.restart_with(Settings::default()).await
    }

    /// The same with other settings.
    pub(crate) async fn restart_with(mut self, settings: Settings) -> Self {
        self.stop().await;
        let clock = self.clock.clone();
        Self::over(self.folder.clone(), settings, clock).await
    }

    /// Stops the server as a signal would, and waits for it.
    pub(crate) async fn stop(&mut self) {
        self.shutdown.cancel();
        if let Some(server) = self.server.take() {
            server.await.unwrap().unwrap();
        }
    }

    /// The folder of the server's data.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// A request to build upon.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        self.client.request(method, format!("{}{path}", self.url))
    }

    /// Sends and reads the whole answer, which must be a documented one.
    pub(crate) async fn answer(&self, request: RequestBuilder) -> Answer {
        answer_to(request).await
    }

    /// An anonymous request with an optional JSON body.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = self.request(method, path);
        let request = match &body {
            Some(body) => request.json(body),
            None => request,
        };
        self.answer(request).await
    }

    /// An anonymous GET.
    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None).await
    }

    /// An anonymous POST.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send("POST", path, Some(body)).await
    }

    /// A new user, `<name>@example.org`, signed in.
    pub(crate) async fn user(&self, name: &str) -> TestUser {
        let email = format!("{name}@example.org");
        let body = json!({"email": email, "password": PASSWORD, "name": name});
        let signed_up = self.post("/api/users/signup", body).await.good();
        self.holding(&signed_up)
    }

    /// A new user who made an organization, and the organization's id.
    pub(crate) async fn organizer(&self, name: &str) -> (TestUser, String) {
        let mut user = self.user(name).await;
        let org = user.organization(&format!("{name}'s")).await;
        (user, org)
    }

    /// A new user who runs the installation.
    pub(crate) async fn admin(&self) -> TestUser {
        self.user("root").await
    }

    /// The user of an answer that signed in.
    pub(crate) fn holding(&self, signed_in: &Value) -> TestUser {
        TestUser {
            url: self.url.clone(),
            client: self.client.clone(),
            token: signed_in["token"].as_str().unwrap().to_owned(),
            id: signed_in["user"]["id"].as_str().unwrap().to_owned(),
            email: signed_in["user"]["email"].as_str().unwrap().to_owned(),
        }
    }

    /// A user of the server before a restart, who now asks this one.
    pub(crate) fn as_before(&self, user: &TestUser) -> TestUser {
        TestUser {
            url: self.url.clone(),
            ..user.clone()
        }
    }

    /// Waits until `condition` holds; panics at the deadline.
    pub(crate) async fn wait_until(&self, what: &str, condition: impl AsyncFn() -> bool) {
        let deadline = Instant::now() + DEADLINE;
        while !condition().await {
            assert!(Instant::now() < deadline, "waited in vain until {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The whole answer to a request; one that the API's document knows.
async fn answer_to(request: RequestBuilder) -> Answer {
    let (client, request) = request.build_split();
    let request = request.unwrap();
    let (method, url) = (request.method().clone(), request.url().clone());
    let answer = Answer::of(client.execute(request).await.unwrap()).await;
    documented::hold(method.as_str(), url.path(), answer)
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

fn client(config: &Config) -> Client {
    let installed = rustls::crypto::ring::default_provider().install_default();
    drop(installed); // another test of this process was first
    let builder = Client::builder().timeout(DEADLINE);
    let builder = match std::fs::read(config.data.join("tls-cert.pem")) {
        Ok(pem) => {
            let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
            builder.tls_certs_only([certificate])
        }
        Err(_) => builder,
    };
    builder.build().unwrap()
}
