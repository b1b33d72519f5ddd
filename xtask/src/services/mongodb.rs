//! A server that speaks MongoDB's wire protocol, as a replica set of one:
//! `mongod` where it is installed, otherwise SecantusDB from PyPI, in a Python
//! environment of its own beside what cargo builds.

use super::started::{Keep, Started, free_port};
use crate::command::{command, run as run_command};
use crate::environment::{program, target};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

const VERSION: &str = "0.7.0b3";

pub(super) fn start(folder: &Path, keep: Keep) -> Result<Started> {
    let data = folder.join("data");
    std::fs::create_dir_all(&data)?;
    let port = free_port()?;
    let mut command = Command::new(server()?);
    // Without the last flag what was acknowledged is lost with the process.
    command
        .args(["--host", "127.0.0.1", "--port", &port.to_string()])
        .args(["--cache-size", "512M", "--log-level", "WARNING"])
        .arg("--storage-path")
        .arg(&data)
        .arg("--sync-on-commit");
    let url = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
    let nothing: (&[u8], &[u8]) = (b"", b"");
    let place = (url, port);
    Started::start("mongodb", place, vec![command], folder, keep, nothing)
}

/// SecantusDB's program, installed when it is not there.
fn server() -> Result<PathBuf> {
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
