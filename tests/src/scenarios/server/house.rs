//! A whole server in this process, over a temporary folder, with a clock that is
//! set by hand.

use crate::scenarios::World;
use anyhow::{Context, ensure};
use gateline_adapters::sqlite::{Db, SqliteCheckIn};
use gateline_common::Timestamp;
use gateline_common::ids::OrgId;
use gateline_core::shared::Clock;
use gateline_server::config::{Config, Settings};
use gateline_server::{Surroundings, run_in};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long anything may take before a scenario is given up.
const DEADLINE: Duration = Duration::from_secs(60);
const MONTH_SECONDS: u64 = 30 * 86_400;
const DAY_MS: i64 = 86_400_000;

/// A clock that stands where it was set.
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

pub(super) struct House {
    pub(super) url: String,
    pub(super) http: Client,
    pub(super) store: SqliteCheckIn,
    /// The organizer's organization, and what they ask with.
    pub(super) org: OrgId,
    token: String,
    clock: Arc<SetClock>,
    runtime: Arc<Runtime>,
    shutdown: CancellationToken,
    server: Option<JoinHandle<anyhow::Result<()>>>,
    _folder: TempDir,
}

impl House {
    /// Starts a server the day before the event of `world`, with an organizer.
    pub(super) fn open(runtime: &Arc<Runtime>, world: &World) -> anyhow::Result<Self> {
        // Fails only when another part of the program installed it before.
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = tempfile::tempdir()?;
        let clock = world.event().starts_at.plus_ms(-DAY_MS);
        let clock = Arc::new(SetClock(AtomicI64::new(clock.0)));
        let settings = Settings {
            data: Some(folder.path().to_owned()),
            token_ttl_seconds: Some(MONTH_SECONDS),
            shutdown_seconds: Some(1),
            ..Settings::default()
        };
        let config = Config::load(settings, None)?;
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}", listener.local_addr()?);
        let shutdown = CancellationToken::new();
        let surroundings = Surroundings {
            clock: clock.clone(),
            disorder: None,
        };
        let running = run_in(surroundings, config, listener, shutdown.clone());
        let server = runtime.spawn(running);
        let http = Client::builder().timeout(DEADLINE).build()?;
        let ready = http.get(format!("{url}/readyz"));
        runtime.block_on(until("the server is ready", async || {
            let answer = ready.try_clone().context("no body")?.send().await?;
            Ok(answer.status() == 200)
        }))?;
        let mut house = Self {
            store: SqliteCheckIn(Db::open(&folder.path().join("gateline.db"))?),
            url,
            http,
            org: OrgId(uuid::Uuid::nil()),
            token: String::new(),
            clock,
            runtime: Arc::clone(runtime),
            shutdown,
            server: Some(server),
            _folder: folder,
        };
        house.sign_up()?;
        Ok(house)
    }

    fn sign_up(&mut self) -> anyhow::Result<()> {
        let user = json!({
            "email": "olga@example.org",
            "password": "correct horse battery",
            "name": "Olga",
        });
        let signed_up = self.json(self.post("/api/users/signup").json(&user))?;
        self.token = text(&signed_up["token"])?;
        let name = json!({"name": "Open Fairs"});
        let made = self.json(self.post("/api/organizations").json(&name))?;
        self.token = text(&made["token"])?;
        self.org = text(&made["organization"]["id"])?.parse()?;
        Ok(())
    }

    /// Sets the server's clock.
    pub(super) fn set_clock(&self, now: Timestamp) {
        self.clock.0.store(now.0, Ordering::SeqCst);
    }

    pub(super) fn wait<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(super) fn get(&self, path: &str) -> RequestBuilder {
        let request = self.http.get(format!("{}{path}", self.url));
        request.bearer_auth(&self.token)
    }

    pub(super) fn post(&self, path: &str) -> RequestBuilder {
        let request = self.http.post(format!("{}{path}", self.url));
        request.bearer_auth(&self.token)
    }

    pub(super) fn delete(&self, path: &str) -> RequestBuilder {
        let request = self.http.delete(format!("{}{path}", self.url));
        request.bearer_auth(&self.token)
    }

    /// The status and body of an answer.
    pub(super) fn answer(&self, request: RequestBuilder) -> anyhow::Result<(u16, Vec<u8>)> {
        self.wait(async {
            let answer = request.send().await?;
            let status = answer.status().as_u16();
            Ok((status, answer.bytes().await?.to_vec()))
        })
    }

    /// The body of an answer that must be a success.
    pub(super) fn good(&self, request: RequestBuilder) -> anyhow::Result<Vec<u8>> {
        let (status, body) = self.answer(request)?;
        let told = String::from_utf8_lossy(&body);
        ensure!((200..300).contains(&status), "{status}: {told}");
        Ok(body)
    }

    /// The same, read.
    pub(super) fn json(&self, request: RequestBuilder) -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&self.good(request)?)?)
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.shutdown.cancel();
        if let Some(server) = self.server.take() {
            // What it says at its end is no matter of a scenario.
            drop(self.runtime.block_on(server));
        }
    }
}

pub(super) fn text(value: &Value) -> anyhow::Result<String> {
    let text = value.as_str().context("a text is missing in an answer")?;
    Ok(text.to_owned())
}

/// Waits until `condition` holds.
pub(super) async fn until(
    what: &str,
    condition: impl AsyncFn() -> anyhow::Result<bool>,
) -> anyhow::Result<()> {
    let deadline = Instant::now() + DEADLINE;
    while !condition().await? {
        ensure!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    Ok(())
}
