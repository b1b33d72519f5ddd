//! A small venue for one test: a watched server with tickets, and watched gates.

use anyhow::{Context, Result};
use gateline_kill::power::Watched;
use gateline_tests::story::{Festival, set_up};
use gateline_tests::system::{Api, Backend, BackendOptions, Binaries, Gate, wait_until};
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Duration;
use tempfile::TempDir;

const DEADLINE: Duration = Duration::from_secs(60);

pub(crate) struct Venue {
    folder: TempDir,
    binaries: Binaries,
    pub(crate) backend: Backend,
    pub(crate) disk: Watched,
    pub(crate) festival: Festival,
    pub(crate) buyer: Api,
    pub(crate) free_type: u64,
}

impl Venue {
    /// With a ticket type that costs nothing.
    pub(crate) async fn open() -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let binaries = Binaries::of_this_build()?;
        let data = folder.path().join("backend");
        let disk = Watched::new(&data, &folder.path().join("disk"))?;
        let options = BackendOptions {
            environment: disk.environment(),
            ..BackendOptions::default()
        };
        let backend = Backend::start(&binaries, &data, options).await?;
        let festival = set_up(backend.api()?).await?;
        let free = json!({
            "name": "Crew", "price": {"minor": 0, "currency": "EUR"},
            "limit": 1000, "max_per_order": 100,
        });
        let path = format!("/api/events/{}/ticket-types", festival.event);
        let free = festival.organizer.post(&path, &free).await?;
        let free_type = free["id"].as_u64().context("the type's id")?;
        let mut buyer = backend.api()?;
        buyer.sign_up("Bea Buyer", "bea@guests.example").await?;
        let venue = Self {
            folder,
            binaries,
            backend,
            disk,
            festival,
            buyer,
            free_type,
        };
        venue.on_sale().await?;
        Ok(venue)
    }

    async fn on_sale(&self) -> Result<()> {
        let path = format!("/api/orders/availability?event={}", self.festival.event);
        wait_until("the sale to open", DEADLINE, async || {
            let Ok(sale) = self.buyer.get(&path).await else {
                return Ok(None);
            };
            let open = sale
                .to_string()
                .contains(&format!("\"ticket_type\":{}", self.free_type));
            Ok(open.then_some(()))
        })
        .await
    }

    /// What orders `quantity` of the tickets that cost nothing.
    pub(crate) fn order(&self, quantity: u32) -> Value {
        json!({
            "event": self.festival.event,
            "lines": [{"ticket_type": self.free_type, "quantity": quantity}],
        })
    }

    /// The codes of so many new tickets.
    pub(crate) async fn tickets(&self, key: &str, quantity: u32) -> Result<Vec<(String, String)>> {
        let order = self.order(quantity);
        let order = self.buyer.post_once("/api/orders", key, &order).await?;
        let id = order["id"].as_str().context("the order's id")?;
        let path = format!("/api/tickets?order={id}&limit=200");
        wait_until("the tickets", DEADLINE, async || {
            let page = self.buyer.get(&path).await?;
            let items = page["items"].as_array().cloned().unwrap_or_default();
            let text = |item: &Value, name: &str| item[name].as_str().unwrap_or("").to_owned();
            let tickets: Vec<_> = items
                .iter()
                .map(|item| (text(item, "serial"), text(item, "code")))
                .collect();
            Ok((tickets.len() == quantity as usize).then_some(tickets))
        })
        .await
    }

    /// A gate that is enrolled and has the list.
    pub(crate) async fn gate(&self, name: &str) -> Result<(Gate, Watched)> {
        let store = self.store(name);
        let disk = Watched::new(&store, &self.folder.path().join(format!("disk-{name}")))?;
        let gate = Gate::new(&self.binaries, &store, name)?.with_environment(disk.environment());
        let body = json!({"org": self.festival.org, "name": name});
        let organizer = &self.festival.organizer;
        let code = organizer
            .post("/api/checkin/enrolment-codes", &body)
            .await?;
        gate.enrol(code["code"].as_str().context("an enrolment code")?)?;
        gate.sync()?;
        Ok((gate, disk))
    }

    /// The folder of a gate's store.
    pub(crate) fn store(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Syncs until nothing waits.
    pub(crate) async fn synced(&self, gate: &Gate) -> Result<()> {
        wait_until("a complete sync", DEADLINE, async || {
            let summary = gate.sync()?.pop().context("a summary")?;
            let done = summary["complete"] == true && summary["records_sent"] == 0;
            Ok(done.then_some(()))
        })
        .await
    }

    pub(crate) async fn report(&self) -> Result<Value> {
        let path = format!("/api/checkin/events/{}/report", self.festival.event);
        self.festival.organizer.get(&path).await
    }

    /// What the server's log says from `since` bytes on.
    pub(crate) fn log_since(&self, since: u64) -> Result<String> {
        let log = std::fs::read(self.backend.log_file())?;
        let since = usize::try_from(since)?.min(log.len());
        Ok(String::from_utf8_lossy(&log[since..]).into_owned())
    }

    /// Runs `gateline` with these arguments over the server's folder; its disk is
    /// watched where no server writes to it.
    pub(crate) fn gateline(&self, arguments: &[&str]) -> Result<Output> {
        let mut command = Command::new(self.binaries.path("gateline")?);
        command.args(arguments).arg("--data").arg(self.data());
        if self.backend.process().is_none() {
            command.envs(self.disk.environment());
        }
        command.output().context("cannot run gateline")
    }

    /// How long the server's log is.
    pub(crate) fn log_length(&self) -> Result<u64> {
        Ok(std::fs::metadata(self.backend.log_file())?.len())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("backend")
    }
}
