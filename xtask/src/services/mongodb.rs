//! What speaks MongoDB's wire protocol: `mongod` where it is installed, otherwise
//! SecantusDB from PyPI, in a Python environment of its own beside what cargo builds.

use crate::command::{command, output, run as run_command};
use crate::environment::{self, target};
use anyhow::{Context, Result, bail};
use gateline_servers::mongodb::MONGOD;
use std::path::PathBuf;

const VERSION: &str = "0.7.0b3";
/// MongoDB's first version that will do.
const OLDEST: u32 = 6;

/// The program, installed when there is none.
pub(crate) fn program() -> Result<PathBuf> {
    mongod().map_or_else(secantusdb, Ok)
}

/// MongoDB's own server, if it is installed and new enough.
pub(crate) fn mongod() -> Option<PathBuf> {
    let mongod = environment::program(MONGOD)?;
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

/// SecantusDB's program, installed when it is not there.
fn secantusdb() -> Result<PathBuf> {
    let folder = target().join(format!("secantusdb-{VERSION}"));
    let tool = folder.join("bin/secantusd-py");
    if tool.is_file() {
        return Ok(tool);
    }
    let Some(python) = environment::program("python3") else {
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
