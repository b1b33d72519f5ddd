//! A scan that the server confirms: from the code to the confirmed answer, over
//! real HTTP, on disk at both sides.

use super::material::{code_of, event_key};
use super::server::Server;
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::latency::{Latencies, Unit};
use anyhow::{Context as _, Result, ensure};
use gateline_common::decision::Direction;
use gateline_scanner::controller::{
    Confirmation, Controller, GuiIntegration, ScanShown, Settings, StatusLine,
};
use std::time::{Duration, Instant};

const P99_MS: f64 = 50.0;
/// From one guest to the next: some fifty times as fast as people walk, and half
/// of what a server takes from one device.
const EVERY: Duration = Duration::from_millis(20);
const IN_TIME_PERCENT: f64 = 99.9;
const TICKETS: u64 = 10_000;

struct Blind;

impl GuiIntegration for Blind {
    fn shown(&self, _: &ScanShown) {}
    fn status(&self, _: &StatusLine) {}
}

/// Measures.
///
/// # Errors
/// When the server or the gate fails, or an admission is refused.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    tokio::runtime::Runtime::new()?.block_on(measure(context))
}

async fn measure(context: &Context) -> Result<Vec<Figure>> {
    let folder = context.folder()?;
    let server = Server::start(context, &folder.path().join("backend"), TICKETS).await?;
    let store = folder.path().join("gate");
    let gate = Controller::open(&store, Settings::default(), Blind).await?;
    let code = server.enrolment_code().await?.to_string();
    gate.enrol(&code, "Measured").await?;
    ensure!(gate.sync_now().await?.complete, "the gate did not sync");
    let shown = gate.events().await?;
    let shown = shown.iter().find(|it| it.event == server.event);
    let place = shown.and_then(|it| it.gates.first()).context("a gate")?;
    gate.choose(server.event, Some(place.gate), Direction::Entry)
        .await?;
    gate.start_sync();
    let scans: u64 = context.pick(2_000, 100);
    let mut next = tokio::time::interval(EVERY);
    let key = event_key();
    let (mut latencies, mut unconfirmed) = (Latencies::new()?, 0_u64);
    for n in 0..scans {
        let text = code_of(&key, server.event, server.ticket_type, n).to_digits();
        next.tick().await;
        let started = Instant::now();
        let shown = gate.scan_text(&text).await?;
        latencies.take(started.elapsed());
        ensure!(shown.answer.is_admitted(), "refused: {:?}", shown.answer);
        unconfirmed += u64::from(shown.confirmation != Confirmation::Confirmed);
    }
    gate.close(None).await?;
    gate.shut().await;
    let how = format!(
        "`Controller::scan_text` of an online gate, record on disk at the gate and at the shipped \
         server before the answer; a guest every {} ms, {scans} admissions",
        EVERY.as_millis()
    );
    let wanted = [(0.5, None), (0.99, Some(Goal::AtMost(P99_MS)))];
    let mut figures = latencies.figures("confirmed scan", Unit::Ms, &wanted, &how);
    let how = "of these, those that had the server's answer within 250 ms; the others count above \
               with the time until the gate's own answer was shown";
    let share = 100.0 * (scans - unconfirmed) as f64 / scans as f64;
    let in_time = Figure::new("confirmed in time", share, "%", how);
    figures.push(in_time.with_goal(Goal::AtLeast(IN_TIME_PERCENT)));
    Ok(figures)
}
