//! `gateline-chaos`: the distributed form under load and under fire.
#![expect(
    clippy::print_stdout,
    reason = "a command line tool speaks to its terminal"
)]

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use gateline_kill::chaos::{self, Size};
use gateline_tests::system::until_stopped;
use std::path::PathBuf;
use std::time::Duration;

/// Kill services, broker, cache and database under load, and check what is left.
#[derive(Parser)]
#[command(name = "gateline-chaos")]
struct Args {
    /// For how long.
    #[arg(long, default_value_t = 15)]
    minutes: u64,
    /// What the plan of all strikes follows from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Processes of each service at the beginning.
    #[arg(long, default_value_t = 2)]
    each: usize,
    /// Check everything after so many strikes, and at the end.
    #[arg(long, default_value_t = 25)]
    check_every: u64,
    /// The program that speaks MongoDB's protocol.
    #[arg(long, env = "GATELINE_TEST_MONGODB_PROGRAM")]
    mongodb_program: PathBuf,
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
        strikes: u64::MAX,
        time: Duration::from_secs(args.minutes * 60),
        check_every: args.check_every.max(1),
        each: args.each.max(1),
    };
    println!("starting the servers and every service");
    let mut told = 0;
    let running = chaos::run(&folder, &args.mongodb_program, args.seed, size, |report| {
        println!("{}", report.line());
        for (_, finding) in &report.findings[told..] {
            println!("  {:?}: {}", finding.fault, finding.what);
        }
        told = report.findings.len();
    });
    // What was started ends with it.
    let ran = tokio::select! {
        ran = running => ran,
        stopped = until_stopped() => stopped.and(Err(anyhow!("stopped before the end"))),
    };
    let sound = ran.and_then(|report| {
        println!("{report}");
        if let Some(file) = &args.report {
            std::fs::write(file, report.to_string())?;
        }
        chaos::sound(&report)
    });
    if sound.is_err() && args.keep.is_none() {
        println!("the world is kept in {}", temporary.keep().display());
    }
    sound
}
