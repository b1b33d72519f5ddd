//! The programs that check `deploy/`: packages of the system, and those of PyPI
//! that xtask puts beside what cargo builds.

use super::root;
use anyhow::{Context, Result, ensure};
use gateline_tests::system;
use std::path::PathBuf;
use std::process::Command;

/// A program of `deploy-tools` in the target folder.
pub(super) fn packaged(name: &str) -> Result<Command> {
    let here = std::env::current_exe()?;
    let tool = here
        .ancestors()
        .map(|folder| folder.join("deploy-tools/bin").join(name))
        .find(|tool| tool.is_file())
        .with_context(|| format!("{name} is missing: run `cargo xtask setup`"))?;
    Ok(at(tool))
}

/// A program of the system.
pub(super) fn installed(name: &str) -> Command {
    at(system::installed(name))
}

fn at(program: PathBuf) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Runs it, and returns what it printed.
pub(super) fn output(mut command: Command) -> Result<String> {
    let output = command.output().with_context(|| {
        format!(
            "{command:?} cannot be run: run `cargo xtask setup`, which installs what is missing"
        )
    })?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(
        output.status.success(),
        "{command:?} ({}):\n{said}{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(said)
}
