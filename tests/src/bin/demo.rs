//! `gateline-demo`: plays the main job with the shipped binaries and prints one
//! line of figures at the end. `cargo xtask demo --headless` builds everything
//! and starts this.

use anyhow::Result;
use clap::Parser;
use gateline_tests::story::{Size, play};
use std::path::PathBuf;

/// Plays the main job: a ticket is sold, scanned at two gates while the backend
/// is dead, and reconciled.
#[derive(Parser)]
struct Arguments {
    /// How many people buy festival tickets.
    #[arg(long, default_value_t = 16)]
    buyers: usize,
    /// Where stores, frames and logs go; a temporary folder otherwise.
    #[arg(long)]
    keep: Option<PathBuf>,
}

#[tokio::main]
#[expect(
    clippy::print_stdout,
    reason = "the demo tells its story on standard output"
)]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let temporary = tempfile::tempdir()?;
    let stage = arguments
        .keep
        .unwrap_or_else(|| temporary.path().to_owned());
    let size = Size {
        buyers: arguments.buyers,
    };
    let outcome = play(&stage, size, &|scene| println!("demo: {scene}")).await?;
    println!("\n{}", outcome.report);
    let tally = outcome.tally;
    println!(
        "demo: sold={} scanned={} admitted={} refused={} conflicts={} lost={}",
        tally.sold, tally.scanned, tally.admitted, tally.refused, tally.conflicts, tally.lost
    );
    anyhow::ensure!(tally.lost == 0, "something was lost");
    Ok(())
}
