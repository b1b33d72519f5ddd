//! `cargo xtask bench`: builds what ships, as it ships, and measures it.
//!
//! Always: a release build; the test material is compiled apart from the
//! programs that are measured.

use crate::command::{cargo, command, run as run_command};
use crate::environment;
use crate::release;
use crate::services::mongodb_program;
use crate::setup;
use anyhow::Result;

/// Measures; without a name, everything.
#[derive(clap::Args)]
pub(crate) struct BenchArgs {
    /// Which measurements
    names: Vec<String>,
    /// Small sizes, to see that everything runs
    #[arg(long)]
    quick: bool,
    /// Write docs/performance.md and its plots too
    #[arg(long, conflicts_with = "quick")]
    write_docs: bool,
    /// The functions too, by criterion, with its own report in the target folder
    #[arg(long)]
    functions: bool,
}

const FRAMES: &str = "build --release --locked -p gateline-scanner --example render_frames";
const FUNCTIONS: &str = "bench --locked -p ticket-crypto -p gateline-admission --benches";

/// Builds and measures.
pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    setup::ensure_servers()?;
    release::build()?;
    run_command(cargo(&FRAMES.split_whitespace().collect::<Vec<_>>()))?;
    if args.functions {
        run_command(cargo(&FUNCTIONS.split_whitespace().collect::<Vec<_>>()))?;
    }
    let program = release::program("gateline-bench");
    let out = environment::target().join("bench");
    let (program, out) = (program.to_string_lossy(), out.to_string_lossy());
    let mut arguments = vec!["--out", &out];
    if args.quick {
        arguments.push("--quick");
    }
    if args.write_docs {
        arguments.push("--write-docs");
    }
    arguments.extend(args.names.iter().map(String::as_str));
    let mut measure = command(&program, &arguments);
    measure.env("GATELINE_TEST_MONGODB_PROGRAM", mongodb_program()?);
    run_command(measure)
}
