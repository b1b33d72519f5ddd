//! `cargo xtask bench`: builds what ships, as it ships, and measures it.
//!
//! Always: a release build; the test material is compiled apart from the
//! programs that are measured.

use crate::command::{cargo, command, run as run_command};
use crate::environment;
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

const PROGRAMS: &str = "build --release --locked -p gateline-server -p gateline-scanner \
                        -p gateline-bench --bins";
const FRAMES: &str = "build --release --locked -p gateline-scanner --example render_frames";
const FUNCTIONS: &str = "bench --locked -p ticket-crypto -p gateline-admission --benches";

/// Builds and measures.
pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    for build in [PROGRAMS, FRAMES] {
        run_command(cargo(&build.split_whitespace().collect::<Vec<_>>()))?;
    }
    if args.functions {
        run_command(cargo(&FUNCTIONS.split_whitespace().collect::<Vec<_>>()))?;
    }
    let target = environment::target();
    let program = target.join("release/gateline-bench");
    let out = target.join("bench");
    let (program, out) = (program.to_string_lossy(), out.to_string_lossy());
    let mut arguments = vec!["--out", &out];
    if args.quick {
        arguments.push("--quick");
    }
    if args.write_docs {
        arguments.push("--write-docs");
    }
    arguments.extend(args.names.iter().map(String::as_str));
    run_command(command(&program, &arguments))
}
