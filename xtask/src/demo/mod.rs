//! `cargo xtask demo`: the whole product on this machine, with a sample event.

use crate::command::{cargo, run as run_command};
use crate::progress::Progress;
use crate::{environment, setup, ui};
use anyhow::{Result, bail};

/// How the demo is shown.
#[derive(clap::Args)]
pub(crate) struct DemoArgs {
    /// Play the whole story without a window and end with its figures
    #[arg(long)]
    headless: bool,
}

/// Prepares the machine, builds, and plays the demo.
pub(crate) fn run(args: &DemoArgs) -> Result<()> {
    let mut progress = Progress::of(3);
    progress.step("what this machine needs", setup::ensure)?;
    progress.step("screens", ui::build)?;
    progress.step("build of every program", || {
        run_command(cargo(&["build", "--workspace", "--bins", "--locked"]))
    })?;
    let with_window = !args.headless && environment::has_display();
    bail!("the demo's story is not part of this build yet (window: {with_window})")
}
