//! The server under load: the shipped program as a process, and a client that
//! costs little, because both share the machine's cores.

mod closed_loop;
mod connection;
pub mod distributed;
mod gates;
pub mod issue;
pub mod orders;
pub mod read;
pub mod reconcile;
mod shop;
pub mod upload;
mod usage;

use crate::figure::{Figure, Goal};
use crate::machine::peak_memory;
use anyhow::{Context as _, Result};

/// Runs `work` on one thread: the client leaves the other cores to the server.
fn on_one_thread<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.enable_all().build()?.block_on(work)
}

/// The most memory that the server may ever hold, in MB.
const MEMORY_MB: f64 = 150.0;

/// The most memory that the server held so far.
fn memory(server: u32, name: &str) -> Result<Figure> {
    let peak = peak_memory(server).context("the server's memory")?;
    let how = "peak of the process `gateline` (VmHWM) since its start";
    let figure = Figure::new(name, peak as f64 / 1e6, "MB", how);
    Ok(figure.with_goal(Goal::AtMost(MEMORY_MB)))
}
