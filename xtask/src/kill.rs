//! `cargo xtask kill`: builds what ships, as it ships, and kills it under load.
//!
//! Always: a release build of the programs and of what kills them.

use crate::command::{command, run as run_command};
use crate::release;
use anyhow::Result;
use std::path::PathBuf;

/// Kills and power cuts over the built programs.
#[derive(clap::Args)]
pub(crate) struct KillArgs {
    /// How many rounds
    #[arg(long, default_value_t = 50)]
    rounds: u64,
    /// What the plan of all rounds follows from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Check everything after so many rounds, and at the end
    #[arg(long, default_value_t = 50)]
    full_check_every: u64,
    /// Write the report to this file too
    #[arg(long)]
    report: Option<PathBuf>,
}

/// Builds and kills.
pub(crate) fn run(args: &KillArgs) -> Result<()> {
    release::build()?;
    let program = release::program("gateline-kill");
    let mut campaign = command(&program.to_string_lossy(), &[]);
    for (name, number) in [
        ("--rounds", args.rounds),
        ("--seed", args.seed),
        ("--full-check-every", args.full_check_every),
    ] {
        campaign.args([name, &number.to_string()]);
    }
    if let Some(report) = &args.report {
        // It runs in the clone's folder; the name was given in another, perhaps.
        campaign.arg("--report").arg(std::path::absolute(report)?);
    }
    run_command(campaign)
}
