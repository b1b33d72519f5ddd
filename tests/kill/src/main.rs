//! `gateline-kill`: a campaign of kills and power cuts over the built programs.
#![expect(
    clippy::print_stdout,
    reason = "a command line tool speaks to its terminal"
)]

use anyhow::{Context, Result};
use clap::Parser;
use gateline_kill::campaign::{self, Size};
use std::path::PathBuf;

/// Kill the programs under load, cut their power, and check what is left.
#[derive(Parser)]
#[command(name = "gateline-kill")]
struct Args {
    /// How many rounds.
    #[arg(long, default_value_t = 50)]
    rounds: u64,
    /// What the plan of all rounds follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Check everything after so many rounds, and at the end.
    #[arg(long, default_value_t = 50)]
    full_check_every: u64,
    /// Write the report to this file too.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Keep the world in this folder, which must not be there yet; otherwise it is
    /// kept only when something is wrong.
    #[arg(long)]
    keep: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    let temporary = tempfile::tempdir().context("a folder for the world")?;
    let folder = match &args.keep {
        Some(folder) => {
            std::fs::create_dir(folder)
                .with_context(|| format!("cannot make {}", folder.display()))?;
            folder.canonicalize()?
        }
        None => temporary.path().to_owned(),
    };
    let size = Size {
        rounds: args.rounds,
        full_check_every: args.full_check_every.max(1),
    };
    let mut told = 0;
    let ran = campaign::run(&folder, args.seed, size, |report| {
        if report.findings.len() > told || report.rounds_done % 10 == 0 {
            println!("{}", report.line());
        }
        for (round, finding) in &report.findings[told..] {
            println!("  round {round}: {:?}: {}", finding.fault, finding.what);
        }
        told = report.findings.len();
        if let Some(file) = &args.report
            && let Err(error) = std::fs::write(file, report.to_string())
        {
            println!("{} cannot be written: {error}", file.display());
        }
    })
    .await;
    let report = ran.and_then(|report| {
        println!("{report}");
        campaign::sound(&report)
    });
    if report.is_err() && args.keep.is_none() {
        println!("the world is kept in {}", temporary.keep().display());
    }
    report
}
