//! `cargo xtask demo`: the whole product on this machine, with a sample event.

use crate::command::{cargo, run as run_command};
use crate::progress::Progress;
use crate::services::Servers;
use crate::{environment, setup, ui};
use anyhow::{Result, ensure};
use gateline_servers::Supervised;
use std::process::Command;

/// How the demo is shown.
#[derive(clap::Args)]
pub(crate) struct DemoArgs {
    /// Play the whole story without a window and end with its figures
    #[arg(long)]
    headless: bool,
    /// With every service as processes of its own, on RabbitMQ, Redis and MongoDB
    #[arg(long, requires = "headless")]
    distributed: bool,
}

/// Prepares the machine, builds, and plays the demo.
pub(crate) fn run(args: &DemoArgs) -> Result<()> {
    let mut progress = Progress::of(4);
    progress.step("what this machine needs", setup::ensure)?;
    progress.step("screens: packages and build", ui::build)?;
    progress.step("build of every program (minutes, the first time)", || {
        run_command(cargo(&["build", "--workspace", "--bins", "--locked"]))
    })?;
    progress.step("the demo", || play(args))
}

fn play(args: &DemoArgs) -> Result<()> {
    let program = environment::target().join("debug").join("gateline-demo");
    let mut command = Command::new(program);
    let servers = args.distributed.then(Servers::start).transpose()?;
    if let Some(servers) = &servers {
        command.arg("--distributed");
        servers.told(&mut command);
    }
    if args.headless {
        command.arg("--headless");
    } else if environment::has_display() {
        command.arg("--window");
    }
    let status = Supervised::start(command)?.wait()?;
    ensure!(status.success(), "the demo ended with {status}");
    Ok(())
}
