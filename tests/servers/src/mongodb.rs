//! A server that speaks MongoDB's wire protocol, as a replica set of one: MongoDB's
//! own, or SecantusDB, which stands in for it in tests.

use super::server::Answers;
use super::{Keep, Server, free_port, wire};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// The name of MongoDB's own server.
pub const MONGOD: &str = "mongod";
pub(super) const REPLICA_SET: &str = "gateline";

/// Starts `program`, which is either of them by its name, with its data below `folder`.
///
/// # Errors
/// When it cannot be started.
pub fn start(folder: &Path, program: &Path, keep: Keep) -> Result<Server> {
    let data = folder.join("data");
    std::fs::create_dir_all(&data)?;
    let port = free_port()?;
    let is_mongod = program.file_stem().is_some_and(|name| name == MONGOD);
    let (mut command, data_flag, answers): (Command, _, Answers) = match is_mongod {
        true => (
            replica_set(program),
            "--dbpath",
            wire::is_primary_or_becomes,
        ),
        false => (stand_in(program), "--storage-path", wire::is_primary),
    };
    command.args(["--port", &port.to_string(), data_flag]);
    command.arg(data);
    let url = format!("mongodb://127.0.0.1:{port}/?directConnection=true");
    let place = (url, port);
    Server::start("mongodb", place, vec![command], folder, keep, answers)
}

/// MongoDB; to be told its port and the folder of its data.
fn replica_set(mongod: &Path) -> Command {
    let mut command = Command::new(mongod);
    command
        .args(["--replSet", REPLICA_SET, "--bind_ip", "127.0.0.1"])
        .args(["--wiredTigerCacheSizeGB", "0.5"])
        .args(["--nounixsocket", "--quiet"]);
    command
}

/// The same of SecantusDB.
fn stand_in(secantusdb: &Path) -> Command {
    let mut command = Command::new(secantusdb);
    // Without the last flag what was acknowledged is lost with the process.
    command
        .args(["--host", "127.0.0.1", "--cache-size", "512M"])
        .args(["--log-level", "WARNING", "--sync-on-commit"]);
    command
}
