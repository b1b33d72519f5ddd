//! `cargo xtask cluster`: the distributed form on this machine, until Ctrl-C.

use crate::command::{cargo, run as run_command};
use crate::environment;
use crate::services::Servers;
use anyhow::{Result, ensure};
use gateline_servers::Supervised;
use std::process::Command;

/// How large it is.
#[derive(clap::Args)]
pub(crate) struct ClusterArgs {
    /// Processes of each service
    #[arg(long, default_value_t = 2)]
    each: u8,
}

/// Builds, starts the servers and every service, and waits.
pub(crate) fn run(args: &ClusterArgs) -> Result<()> {
    let build = "build --locked -p gateline-server -p gateline-tests --bins";
    run_command(cargo(&build.split(' ').collect::<Vec<_>>()))?;
    let servers = Servers::start()?;
    let program = environment::target().join("debug").join("gateline-cluster");
    let mut command = Command::new(program);
    command.args(["--each", &args.each.to_string()]);
    servers.told(&mut command);
    let status = Supervised::start(command)?.wait()?;
    ensure!(status.success(), "the cluster ended with {status}");
    Ok(())
}
