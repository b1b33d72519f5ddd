//! RabbitMQ, as whoever starts it: its own node name, port mapper, cookie and
//! folders, so that it meets no other node of this machine.

use super::server::greets;
use super::{Keep, Server, free_port, program};
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Starts it in `folder`.
///
/// # Errors
/// When it is not installed, or cannot be started.
pub fn start(folder: &Path, keep: Keep) -> Result<Server> {
    std::fs::create_dir_all(folder)?;
    let (port, dist, mapper) = (free_port()?, free_port()?, free_port()?);
    let epmd = program("epmd").context("epmd, a part of Erlang, is missing")?;
    let mut epmd = Command::new(epmd);
    epmd.args(["-port", &mapper.to_string(), "-address", "127.0.0.1"]);
    let mut broker = Command::new(script()?);
    broker
        .env("HOME", folder)
        .env("ERL_EPMD_PORT", mapper.to_string())
        .env("ERL_EPMD_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODENAME", format!("gateline-{port}@localhost"))
        .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
        .env("RABBITMQ_NODE_PORT", port.to_string())
        .env("RABBITMQ_DIST_PORT", dist.to_string())
        .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
        .env("RABBITMQ_LOG_BASE", folder)
        .env("RABBITMQ_LOGS", "-")
        .env("RABBITMQ_PID_FILE", folder.join("pid"))
        .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq"))
        .env("RABBITMQ_CONF_ENV_FILE", folder.join("none"))
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"));
    let url = format!("amqp://127.0.0.1:{port}");
    let commands = vec![epmd, broker];
    Server::start("rabbitmq", (url, port), commands, folder, keep, answers)
}

/// The protocol's header is answered with a frame of its method class.
fn answers(port: u16) -> bool {
    greets(port, b"AMQP\x00\x00\x09\x01", b"\x01")
}

/// The server's own script; the one on the path may insist on another account.
fn script() -> Result<PathBuf> {
    let below = Path::new("/usr/lib/rabbitmq/lib");
    let versions = std::fs::read_dir(below).into_iter().flatten().flatten();
    let scripts = versions.map(|version| version.path().join("sbin/rabbitmq-server"));
    let found = scripts.filter(|script| script.is_file()).max();
    match found.or_else(|| program("rabbitmq-server")) {
        Some(script) => Ok(script),
        None => bail!("rabbitmq-server is missing"),
    }
}
