//! A server that speaks MongoDB's wire protocol, as a replica set of one:
//! `mongod` where it is installed, otherwise SecantusDB from PyPI, in a Python
//! environment of its own beside what cargo builds.

use super::started::{Answers, Keep, Started, free_port};
use super::wire;
use crate::command::{command, output, run as run_command};
use crate::environment::{program, target};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = "0.7.0b3";
/// MongoDB's first version that will do.
const OLDEST: u32 = 6;
pub(super) const REPLICA_SET: &str = "gateline";

pub(super) fn start(folder: &Path, keep: Keep) -> Result<Started> {
    let data = folder.join("data");
    std::fs::create_dir_all(&data)?;
    let port = free_port()?;
    let (mut command, data_flag, answers): (Command, _, Answers) = match mongod() {
        Some(mongod) => {
            let answers: Answers = Box::new(wire::is_primary_or_becomes);
            (replica_set(mongod), "--dbpath", answers)
        }
        None => (stand_in()?, "--storage-path", Box::new(wire::is_primary)),
    };
    command.args(["--port", &port.to_string(), data_flag]);
    command.arg(data);
    let url = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
    let place = (url, port);
    Started::start("mongodb", place, vec![command], folder, keep, answers)
}

/// MongoDB's own server, if it is installed and new enough.
pub(crate) fn mongod() -> Option<PathBuf> {
    let mongod = program("mongod")?;
    let said = output(command(&mongod.to_string_lossy(), &["--version"]))?;
    suffices(&said).then_some(mongod)
}

/// `db version v7.0.5`, on a line of its own.
fn suffices(said: &str) -> bool {
    let mut lines = said.lines();
    let version = lines.find_map(|line| line.strip_prefix("db version v"));
    let major = version.and_then(|version| version.split('.').next());
    major
        .and_then(|major| major.parse().ok())
        .is_some_and(|major: u32| major >= OLDEST)
}

/// It as a replica set; to be told its port and the folder of its data.
fn replica_set(mongod: PathBuf) -> Command {
    let mut command = Command::new(mongod);
    command
        .args(["--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1"])
        .args([
            "--wiredTigerCacheSizeGB",
            "0.5",
            "--nounixsocket",
            "--quiet",
        ]);
    command
}

/// The same of SecantusDB.
fn stand_in() -> Result<Command> {
    let mut command = Command::new(secantusdb()?);
    // Without the last flag what was acknowledged is lost with the process.
    command
        .args(["--host", "127.0.0.1", "--cache-size", "512M"])
        .args(["--log-level", "WARNING", "--sync-on-commit"]);
    Ok(command)
}

/// SecantusDB's program, installed when it is not there.
fn secantusdb() -> Result<PathBuf> {
    let folder = target().join(format!("secantusdb-{VERSION}"));
    let tool = folder.join("bin/secantusd-py");
    if tool.is_file() {
        return Ok(tool);
    }
    let Some(python) = program("python3") else {
        bail!("SecantusDB, which stands in for MongoDB in tests, needs python3 and python3-venv");
    };
    println!("installing SecantusDB {VERSION} into {}", folder.display());
    let (python, place) = (python.to_string_lossy(), folder.to_string_lossy());
    run_command(command(&python, &["-m", "venv", &place]))
        .context("Python cannot make an environment: install python3-venv")?;
    let pip = folder.join("bin/pip");
    let wanted = format!("SecantusDB=={VERSION}");
    run_command(command(
        &pip.to_string_lossy(),
        &["install", "--quiet", &wanted],
    ))?;
    Ok(tool)
}

#[cfg(test)]
mod tests {
    use super::suffices;

    #[test]
    fn a_server_of_a_version_that_will_do_is_told_from_an_older_one() {
        let said = |version: &str| format!("db version v{version}\nBuild Info: {{\n");
        for good in ["6.0.4", "7.0.5", "10.0.0-rc1"] {
            assert!(suffices(&said(good)), "{good}");
        }
        for bad in ["3.6.8", "5.0.24", ""] {
            assert!(!suffices(&said(bad)), "{bad}");
        }
        assert!(!suffices("version v7"));
    }
}
