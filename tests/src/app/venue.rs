//! A festival with free tickets on one backend, and scanner windows at its
//! gates, enrolled as staff enrol them.

use super::{AppWindow, Display, Driver, WindowOptions};
use crate::story::{Festival, set_up};
use crate::system::{Api, Binaries, Form, Shop, wait_until};
use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

const DEADLINE: Duration = Duration::from_secs(120);

/// The place, the server and the display. They end when it is dropped.
#[derive(Debug)]
pub struct Venue {
    /// Its server.
    pub backend: Shop,
    /// Its event.
    pub festival: Festival,
    /// The codes of its tickets, all free and of one type.
    pub codes: Vec<String>,
    binaries: Binaries,
    display: Display,
    size: (u32, u32),
    folder: TempDir,
}

/// A scanner's window, and what keeps it open.
#[derive(Debug)]
pub struct Scanner {
    /// The window.
    pub window: AppWindow,
    driver: Driver,
}

/// A scan as the person at the scanner sees it.
#[derive(Debug, Clone)]
pub struct TimedScan {
    /// From the press of the last digit to the answer on the screen, ms.
    pub shown_ms: f64,
    /// What the gate says that the decision took, ms.
    pub decided_ms: f64,
    /// Was it green?
    pub admitted: bool,
    /// The refusal's reason, or nothing.
    pub reason: String,
    /// `confirmed`, `unconfirmed` or `not_asked`.
    pub confirmation: String,
    /// The number of its record.
    pub seq: u64,
    /// The ticket's serial.
    pub serial: Option<String>,
    /// All that the answer says on the screen.
    pub text: String,
}

impl Venue {
    /// A backend, a festival on sale, and `tickets` of it sold (at most 200).
    ///
    /// # Errors
    /// When something of it does not work.
    pub async fn open(tickets: usize) -> Result<Self> {
        Self::on_display(tickets, 1280, 800).await
    }

    /// The same before a backend of this form.
    ///
    /// # Errors
    /// As [`Venue::open`].
    pub async fn in_form(tickets: usize, form: Form) -> Result<Self> {
        Self::of(tickets, form, (1280, 800)).await
    }

    /// The same with windows of `width` × `height` pixels.
    ///
    /// # Errors
    /// As [`Venue::open`].
    pub async fn on_display(tickets: usize, width: u32, height: u32) -> Result<Self> {
        Self::of(tickets, Form::Embedded, (width, height)).await
    }

    async fn of(tickets: usize, form: Form, size: (u32, u32)) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let binaries = Binaries::of_this_build()?;
        let data = folder.path().join("backend");
        let backend = Shop::open(&binaries, &data, form).await?;
        let festival = set_up(backend.api()?).await?;
        let codes = free_tickets(&festival, backend.api()?, tickets).await?;
        Ok(Self {
            backend,
            festival,
            codes,
            binaries,
            display: Display::start(size.0, size.1)?,
            size,
            folder,
        })
    }

    /// A folder of its own for `name`.
    #[must_use]
    pub fn folder(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A new scanner over the store in the folder `store`: it takes frames from
    /// `frames`, and waits for the server for `confirm_ms`.
    ///
    /// # Errors
    /// When its window shows nothing.
    pub async fn unpacked(
        &self,
        store: &str,
        frames: Option<&Path>,
        confirm_ms: u64,
    ) -> Result<Scanner> {
        let options = WindowOptions {
            store: self.folder(store),
            frames: frames.map(Path::to_owned),
            confirm_ms,
        };
        let driver = Driver::start(&self.display).await?;
        let window = AppWindow::open(&self.binaries, &driver, &options).await?;
        window.resize(self.size.0, self.size.1).await?;
        Ok(Scanner { window, driver })
    }

    /// A one-time code for a new device.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn enrolment_code(&self, name: &str) -> Result<String> {
        let body = json!({"org": self.festival.org, "name": name});
        let organizer = &self.festival.organizer;
        let code = organizer
            .post("/api/checkin/enrolment-codes", &body)
            .await?;
        let code = code["code"].as_str().context("an enrolment code")?;
        Ok(code.to_owned())
    }

    /// Enrols a scanner on its screens; the whole list is there then.
    ///
    /// # Errors
    /// When the choice of a gate does not come.
    pub async fn enrol(&self, scanner: &Scanner, name: &str) -> Result<()> {
        let window = &scanner.window;
        window
            .paste("#code", &self.enrolment_code(name).await?)
            .await?;
        window.paste("#name", name).await?;
        window.click("form button.primary").await?;
        window.see("[data-screen=choose]").await?;
        self.await_list(window).await
    }

    /// A scanner that is enrolled as `name` and set to `gate`.
    ///
    /// # Errors
    /// When a screen does not come.
    pub async fn scanner(
        &self,
        name: &str,
        gate: u64,
        frames: Option<&Path>,
        confirm_ms: u64,
    ) -> Result<Scanner> {
        let scanner = self.unpacked(name, frames, confirm_ms).await?;
        self.enrol(&scanner, name).await?;
        let window = &scanner.window;
        window.reload().await?;
        let event = self.festival.event;
        window
            .click(&format!("button[data-event='{event}']"))
            .await?;
        window
            .click(&format!(
                "section[data-event='{event}'] [data-gate='{gate}']"
            ))
            .await?;
        window.see("[data-screen=scan]").await?;
        Ok(scanner)
    }

    /// Waits until the device has the whole list.
    ///
    /// # Errors
    /// When it does not come by the deadline.
    pub async fn await_list(&self, window: &AppWindow) -> Result<()> {
        wait_until("the list", DEADLINE, async || {
            window.command("sync_now", json!({})).await?;
            let events = window.command("events", json!({})).await?;
            let listed = events.as_array().and_then(|events| {
                let mine = |one: &&Value| one["event"] == self.festival.event;
                events.iter().find(mine).cloned()
            });
            let whole = listed
                .is_some_and(|one| one["complete"] == true && one["tickets"] == self.codes.len());
            Ok(whole.then_some(()))
        })
        .await
    }

    /// The organizer's report, once it holds `scans` scans.
    ///
    /// # Errors
    /// When it does not by the deadline, or holds more.
    pub async fn report(&self, scans: usize) -> Result<Value> {
        let path = format!("/api/checkin/events/{}/report", self.festival.event);
        wait_until("the scans in the report", DEADLINE, async || {
            let report = self.festival.organizer.get(&path).await?;
            Ok((report["totals"]["scans"] == scans).then_some(report))
        })
        .await
    }
}

impl Scanner {
    /// The process whose child the app is.
    pub(super) fn driver_process(&self) -> u32 {
        self.driver.process()
    }

    /// Closes the window.
    ///
    /// # Errors
    /// When it is gone already.
    pub async fn close(self) -> Result<()> {
        self.window.close().await
    }

    /// Waits until `condition` holds for the status line.
    ///
    /// # Errors
    /// When it does not by the deadline.
    pub async fn await_status(&self, what: &str, holds: impl Fn(&Value) -> bool) -> Result<Value> {
        wait_until(what, DEADLINE, async || {
            let line = self.window.command("status", json!({})).await?;
            Ok(holds(&line).then_some(line))
        })
        .await
    }

    /// Types a code as a hand scanner does, and measures until its answer is on
    /// the screen.
    ///
    /// # Errors
    /// When there is no answer, or another one than the gate's.
    pub async fn scan(&self, code: &str) -> Result<TimedScan> {
        let script = concat!(include_str!("staff.js"), include_str!("timed_scan.js"));
        let said = self.window.ask(script, vec![json!(code)]).await?;
        let text = |name: &str| said[name].as_str().map(str::to_owned);
        let shown = &said["shown"];
        Ok(TimedScan {
            shown_ms: said["shown_ms"]
                .as_f64()
                .with_context(|| format!("no answer: {said}"))?,
            decided_ms: shown["decided_ms"].as_f64().context("a time")?,
            admitted: text("answer").as_deref() == Some("admit"),
            reason: text("reason").unwrap_or_default(),
            confirmation: text("confirmation").unwrap_or_default(),
            seq: shown["seq"].as_u64().context("a number")?,
            serial: shown["ticket"]["serial"].as_str().map(str::to_owned),
            text: text("text").unwrap_or_default(),
        })
    }
}

/// Adds the free ticket type "Crew" to the festival: the codes of `count` of it that
/// `guest` ordered.
async fn free_tickets(festival: &Festival, mut guest: Api, count: usize) -> Result<Vec<String>> {
    let event = festival.event;
    let free = json!({
        "name": "Crew", "price": {"minor": 0, "currency": "EUR"},
        "limit": count, "max_per_order": count,
    });
    let path = format!("/api/events/{event}/ticket-types");
    let free = festival.organizer.post(&path, &free).await?;
    guest.sign_up("Ada Crew", "ada@harbour.example").await?;
    let order = json!({
        "event": event, "lines": [{"ticket_type": free["id"], "quantity": count}],
    });
    wait_until("the sale to open", DEADLINE, async || {
        match guest.post_once("/api/orders", "crew", &order).await {
            Ok(_) => Ok(Some(())),
            Err(error) if error.to_string().contains("not_found") => Ok(None),
            Err(error) => Err(error),
        }
    })
    .await?;
    wait_until("the tickets", DEADLINE, async || {
        let page = guest.get("/api/tickets?limit=200").await?;
        let items = page["items"].as_array().context("a list of tickets")?;
        let codes = items.iter().filter_map(|ticket| ticket["code"].as_str());
        let codes: Vec<String> = codes.map(str::to_owned).collect();
        Ok((codes.len() == count).then_some(codes))
    })
    .await
}
