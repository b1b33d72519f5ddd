//! Many scans in one run of one program: memory and time per scan must not grow.

use super::decide::Silent;
use super::material::{EVENT, code, event_key, fill};
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::latency::{Latencies, Unit};
use crate::machine::memory;
use anyhow::{Context as _, Result, ensure};
use gateline_common::decision::Direction;
use gateline_scanner::controller::{Controller, Settings};
use std::path::Path;
use std::time::Instant;

const TIME_GROWTH: f64 = 1.5;
const MEMORY_MB: f64 = 20.0;
const MB: f64 = 1e6;

/// Measures.
///
/// # Errors
/// When a store cannot be written, or a good ticket is refused.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let (scans, part) = context.pick((10_000, 1_000), (200, 50));
    let folder = context.folder()?;
    fill(folder.path(), scans)?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(measure(folder.path(), scans, part))
}

async fn measure(folder: &Path, scans: u64, part: u64) -> Result<Vec<Figure>> {
    let gate = Controller::open(folder, Settings::default(), Silent).await?;
    gate.choose(EVENT, None, Direction::Entry).await?;
    let key = event_key();
    let (mut first, mut last) = (Latencies::new()?, Latencies::new()?);
    let mut held = Vec::new();
    for n in 0..scans {
        let text = code(&key, n).to_digits();
        let started = Instant::now();
        let shown = gate.scan_text(&text).await?;
        let took = started.elapsed();
        ensure!(shown.answer.is_admitted(), "refused: {:?}", shown.answer);
        if n < part {
            first.take(took);
        }
        if n >= scans - part {
            last.take(took);
        }
        if n + 1 == part || n + 1 == scans {
            held.push(memory(std::process::id()).context("this program's memory")?);
        }
    }
    gate.shut().await;
    let [before, after] = held[..] else {
        anyhow::bail!("fewer scans than the first part");
    };
    let how = format!(
        "`Controller::scan_text`, offline, {scans} tickets one after another in one \
         controller; the first {part} against the last {part}"
    );
    let medians = [(0.5, None), (0.99, None)];
    let mut figures = first.figures(
        "scan in a long run, the first ones",
        Unit::Ms,
        &medians,
        &how,
    );
    figures.extend(last.figures(
        "scan in a long run, the last ones",
        Unit::Ms,
        &medians,
        &how,
    ));
    let growth = last.at(0.5, Unit::Ms) / first.at(0.5, Unit::Ms);
    figures.push(
        Figure::new("time per scan, last ones by first ones", growth, "×", &how)
            .with_goal(Goal::AtMost(TIME_GROWTH)),
    );
    let grown = (after as f64 - before as f64) / MB;
    figures.push(
        Figure::new("memory that the run added", grown, "MB", &how)
            .with_goal(Goal::AtMost(MEMORY_MB)),
    );
    Ok(figures.into_iter().map(|figure| figure.at(scans)).collect())
}
