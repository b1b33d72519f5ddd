//! Code to decision, and scan to disk, against lists of different lengths in
//! real encrypted stores.

use super::material::{EVENT, code, event_key, fill};
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::latency::{Latencies, Unit};
use anyhow::{Result, ensure};
use gateline_common::decision::Direction;
use gateline_scanner::controller::{Controller, GuiIntegration, ScanShown, Settings, StatusLine};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

const P99_US: f64 = 200.0;
const P99_DISK_MS: f64 = 5.0;
const MEDIAN_GROWTH: f64 = 1.5;

/// When the answer was last shown.
#[derive(Clone, Default)]
struct Watch(Arc<Mutex<Option<Instant>>>);

impl GuiIntegration for Watch {
    fn shown(&self, _: &ScanShown) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn status(&self, _: &StatusLine) {}
}

/// Shows nothing.
pub(super) struct Silent;

impl GuiIntegration for Silent {
    fn shown(&self, _: &ScanShown) {}
    fn status(&self, _: &StatusLine) {}
}

/// Measures.
///
/// # Errors
/// When a store cannot be written, or a good ticket is refused.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let sizes: &[u64] = context.pick(&[1_000, 100_000, 1_000_000], &[1_000, 5_000]);
    let mut figures = Vec::new();
    let mut medians = Vec::new();
    for &size in sizes {
        context.note(&format!("a gate with {size} tickets"));
        let folder = context.folder()?;
        fill(folder.path(), size)?;
        let decisions: u64 = context.pick(20_000, 500);
        // A ticket is admitted once: no more scans than tickets.
        let scans = context.pick(2_000, 200).min(size);
        let runtime = tokio::runtime::Runtime::new()?;
        let (decided, on_disk) =
            runtime.block_on(measure(folder.path(), size, decisions, scans))?;
        medians.push(decided.at(0.5, Unit::Us));
        let goal = (size == 1_000_000).then_some(Goal::AtMost(P99_US));
        let how = format!(
            "`Controller::info` from the digits: look-up in the encrypted store, signature, \
             rules; nothing written; {decisions} codes of tickets all over the list"
        );
        figures.extend(
            decided
                .figures(
                    "code to decision",
                    Unit::Us,
                    &[(0.5, None), (0.99, goal)],
                    &how,
                )
                .into_iter()
                .map(|figure| figure.at(size)),
        );
        let how = format!(
            "`Controller::scan_text` until the answer is shown, offline, the record on disk \
             (`synchronous=FULL`); {scans} tickets"
        );
        let wanted = [(0.5, None), (0.99, Some(Goal::AtMost(P99_DISK_MS)))];
        figures.extend(
            on_disk
                .figures("scan on disk", Unit::Ms, &wanted, &how)
                .into_iter()
                .map(|figure| figure.at(size)),
        );
    }
    if let [small, .., large] = medians[..] {
        let ratio = Figure::new(
            "code to decision, median on the longest list by that on the shortest",
            large / small,
            "×",
            "the two medians above",
        );
        figures.push(ratio.with_goal(Goal::AtMost(MEDIAN_GROWTH)));
    }
    Ok(figures)
}

async fn measure(
    folder: &Path,
    size: u64,
    decisions: u64,
    scans: u64,
) -> Result<(Latencies, Latencies)> {
    let watch = Watch::default();
    let gate = Controller::open(folder, Settings::default(), watch.clone()).await?;
    gate.choose(EVENT, None, Direction::Entry).await?;
    let key = event_key();
    // Strides that meet every ticket of the list, in no order.
    let text = |n: u64| code(&key, n.wrapping_mul(7_919) % size).to_digits();
    let mut decided = Latencies::new()?;
    // The first ones load what every later one needs.
    for n in 0..200 {
        gate.info(&text(n)).await?;
    }
    for n in 0..decisions {
        let text = text(n);
        let started = Instant::now();
        let shown = gate.info(&text).await?;
        decided.take(started.elapsed());
        ensure!(shown.answer.is_admitted(), "refused: {:?}", shown.answer);
    }
    let mut on_disk = Latencies::new()?;
    for n in 0..scans {
        let text = text(n);
        let started = Instant::now();
        let shown = gate.scan_text(&text).await?;
        let at = *watch.0.lock().unwrap_or_else(PoisonError::into_inner);
        on_disk.take(at.map_or_else(|| started.elapsed(), |at| at - started));
        ensure!(shown.answer.is_admitted(), "refused: {:?}", shown.answer);
    }
    gate.shut().await;
    Ok((decided, on_disk))
}
