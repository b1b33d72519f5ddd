//! `cargo xtask chaos`: the distributed form under load, while services, broker, cache
//! and database are killed.
//!
//! Always: a release build of the programs and of what kills them.

use crate::command::{command, run as run_command};
use crate::release;
use crate::services::mongodb_program;
use crate::setup;
use anyhow::Result;
use std::path::PathBuf;

/// Kills of services and of what they stand on.
#[derive(clap::Args)]
pub(crate) struct ChaosArgs {
    /// For how long
    #[arg(long, default_value_t = 15)]
    minutes: u64,
    /// What the plan of all strikes follows from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Processes of each service at the beginning
    #[arg(long, default_value_t = 2)]
    each: u64,
    /// Write the report to this file too
    #[arg(long)]
    report: Option<PathBuf>,
    /// Keep the world in this folder, which must not be there yet
    #[arg(long)]
    keep: Option<PathBuf>,
}

/// Builds and kills.
pub(crate) fn run(args: &ChaosArgs) -> Result<()> {
    setup::ensure_servers()?;
    release::build()?;
    let program = release::program("gateline-chaos");
    let mut chaos = command(&program.to_string_lossy(), &[]);
    for (name, number) in [
        ("--minutes", args.minutes),
        ("--seed", args.seed),
        ("--each", args.each),
    ] {
        chaos.args([name, &number.to_string()]);
    }
    chaos.arg("--mongodb-program").arg(mongodb_program()?);
    // It runs in the clone's folder; names were given in another, perhaps.
    for (name, path) in [("--report", &args.report), ("--keep", &args.keep)] {
        if let Some(path) = path {
            chaos.arg(name).arg(std::path::absolute(path)?);
        }
    }
    run_command(chaos)
}
