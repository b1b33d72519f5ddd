//! Search as staff type, live figures and the history, against lists of different
//! lengths in real encrypted stores.

use super::decide::Silent;
use super::material::{EVENT, fill, name};
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::latency::{Latencies, Unit};
use anyhow::{Result, ensure};
use gateline_common::decision::Direction;
use gateline_scanner::controller::{Controller, Settings};
use std::path::Path;
use std::time::Instant;

const P99_MS: f64 = 50.0;

type Way = (&'static str, fn(u64) -> String);

/// How far a name is typed, by letters of its last word; and other ways to ask.
const WAYS: &[Way] = &[
    ("first letter", |n| start(n, 1)),
    ("two letters", |n| start(n, 2)),
    ("three letters", |n| start(n, 3)),
    ("middle of a word", |n| {
        last_word(n).chars().skip(1).take(4).collect()
    }),
    ("first name and two letters, no accents", |n| {
        let first: String = name(n).split(' ').next().unwrap_or_default().to_lowercase();
        format!(
            "{} {}",
            first.replace('ö', "o").replace('é', "e"),
            start(n, 2)
        )
    }),
    ("nobody's name", |n| format!("{}0zq", start(n, 2))),
];

fn last_word(n: u64) -> String {
    name(n)
        .split(' ')
        .next_back()
        .unwrap_or_default()
        .to_owned()
}

fn start(n: u64, letters: usize) -> String {
    last_word(n).chars().take(letters).collect()
}

/// Measures.
///
/// # Errors
/// When a store cannot be written, or a search finds nobody who is there.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let sizes: &[u64] = context.pick(&[100_000, 1_000_000], &[1_000, 5_000]);
    let runtime = tokio::runtime::Runtime::new()?;
    let mut figures = Vec::new();
    for &size in sizes {
        context.note(&format!("a gate with {size} names"));
        let folder = context.folder()?;
        fill(folder.path(), size)?;
        let times = context.pick(500, 20);
        figures.extend(runtime.block_on(measure(folder.path(), size, times))?);
    }
    Ok(figures)
}

async fn measure(folder: &Path, size: u64, times: u64) -> Result<Vec<Figure>> {
    let gate = Controller::open(folder, Settings::default(), Silent).await?;
    gate.choose(EVENT, None, Direction::Entry).await?;
    let goal = (size <= 100_000).then_some(Goal::AtMost(P99_MS));
    let mut figures = Vec::new();
    let mut all = Latencies::new()?;
    for (way, text) in WAYS {
        let mut taken = Latencies::new()?;
        for n in 0..times {
            let text = text(n.wrapping_mul(7_919) % size);
            let started = Instant::now();
            let found = gate.search(&text).await?;
            taken.take(started.elapsed());
            all.take(started.elapsed());
            let expected = !way.starts_with("nobody");
            ensure!(found.is_empty() != expected, "{way}: `{text}`");
        }
        let how = format!("`Controller::search`, {times} names of 36,000 forms");
        let name = format!("search as you type, {way}");
        figures.extend(taken.figures(&name, Unit::Ms, &[(0.99, goal)], &how));
    }
    let how = "all of the searches above";
    let wanted = [(0.5, None), (0.99, goal)];
    figures.extend(all.figures("search as you type", Unit::Ms, &wanted, how));
    let mut taken = Latencies::new()?;
    for _ in 0..times {
        let started = Instant::now();
        gate.figures().await?;
        taken.take(started.elapsed());
    }
    let how = "`Controller::figures`, from the sums that are kept";
    figures.extend(taken.figures("live figures", Unit::Ms, &[(0.99, None)], how));
    gate.shut().await;
    Ok(figures.into_iter().map(|figure| figure.at(size)).collect())
}
