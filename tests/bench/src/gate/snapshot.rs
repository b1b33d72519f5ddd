//! The attendee list on its way: from a server that holds it into the store of
//! a gate that holds nothing.

use super::server::Server;
use super::wire::Wire;
use crate::context::Context;
use crate::figure::{Figure, Goal};
use crate::machine::peak_memory;
use anyhow::{Context as _, Result, bail, ensure};
use gateline_common::sync::EnrolmentCode;
use gateline_tests::system::Gate;
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const MEMORY_MB: f64 = 150.0;
const MB: f64 = 1e6;

/// Seconds to ready, megabytes on the wire: what is wanted of a list.
fn goals(size: u64) -> (Option<Goal>, Option<Goal>) {
    match size {
        100_000 => (Some(Goal::AtMost(2.0)), Some(Goal::AtMost(5.0))),
        1_000_000 => (Some(Goal::AtMost(20.0)), None),
        _ => (None, None),
    }
}

/// Measures.
///
/// # Errors
/// When the backend or the gate fails, or the list does not arrive whole.
pub fn run(context: &Context) -> Result<Vec<Figure>> {
    let sizes: &[u64] = context.pick(&[10_000, 100_000, 1_000_000], &[1_000, 5_000]);
    let runtime = tokio::runtime::Runtime::new()?;
    let mut figures = Vec::new();
    for &size in sizes {
        context.note(&format!("a server with {size} attendees"));
        figures.extend(runtime.block_on(one(context, size))?);
    }
    Ok(figures)
}

async fn one(context: &Context, size: u64) -> Result<Vec<Figure>> {
    let folder = context.folder()?;
    let server = Server::start(context, &folder.path().join("backend"), size).await?;
    let wire = Wire::to(server.address()?).await?;
    let code = EnrolmentCode {
        server: wire.url(),
        ..server.enrolment_code().await?
    };
    let store = folder.path().join("gate");
    let code = code.to_string();
    let gate = Gate::new(&context.binaries, &store, "Measured")?;
    tokio::task::spawn_blocking(move || gate.enrol(&code)).await??;
    let before = wire.received();
    let synced = sync(context, &store).await?;
    let bytes = wire.received() - before;
    ensure!(
        synced.summary["complete"] == true && synced.summary["entries_read"] == size,
        "the list did not arrive: {}",
        synced.summary
    );
    Ok(described(size, bytes, &synced))
}

fn described(size: u64, bytes: u64, synced: &Synced) -> Vec<Figure> {
    let (soon, small) = goals(size);
    let how = "`gateline-gate sync` of an enrolled gate with an empty store, from its start to \
               its end with the list complete; shipped server, encrypted store, the same machine";
    let seconds = synced.took.as_secs_f64();
    vec![
        Figure::new("attendees ready to scan", seconds, "s", how)
            .at(size)
            .with_goal(soon),
        Figure::new(
            "attendee list on the wire",
            bytes as f64 / MB,
            "MB",
            "bytes from the server during that sync, HTTP included, counted by a relay; names of \
             36,000 forms, random serials, two tickets to an order",
        )
        .at(size)
        .with_goal(small),
        Figure::new(
            "memory of `gateline-gate`",
            synced.peak as f64 / MB,
            "MB",
            "its peak (VmHWM) during that sync",
        )
        .at(size)
        .with_goal(Goal::AtMost(MEMORY_MB)),
    ]
}

struct Synced {
    took: Duration,
    peak: u64,
    summary: Value,
}

/// Runs the shipped gate, looking at its memory until it ends.
async fn sync(context: &Context, store: &Path) -> Result<Synced> {
    let program = context.binaries.path("gateline-gate")?;
    let started = Instant::now();
    let mut process = Command::new(program)
        .arg("--store")
        .arg(store)
        .arg("sync")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot start the gate")?;
    let (mut peak, id) = (0, process.id());
    let mut pace = tokio::time::interval(Duration::from_millis(2));
    let status = loop {
        pace.tick().await;
        peak = peak_memory(id).unwrap_or(peak);
        if let Some(status) = process.try_wait()? {
            break status;
        }
    };
    let took = started.elapsed();
    let output = process.wait_with_output()?;
    if !status.success() {
        bail!(
            "the sync ended with {status}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    Ok(Synced {
        took,
        peak,
        summary: serde_json::from_slice(&output.stdout).context("the summary")?,
    })
}
