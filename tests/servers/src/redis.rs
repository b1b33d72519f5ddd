//! Redis, without persistence: it holds nothing that cannot be rebuilt.

use super::server::greets;
use super::{Keep, Server, free_port, program};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

/// Starts it in `folder`.
///
/// # Errors
/// When it is not installed, or cannot be started.
pub fn start(folder: &Path, keep: Keep) -> Result<Server> {
    std::fs::create_dir_all(folder)?;
    let program = program("redis-server").context("redis-server is missing")?;
    let port = free_port()?;
    let mut command = Command::new(program);
    command
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
    let url = format!("redis://127.0.0.1:{port}");
    Server::start("redis", (url, port), vec![command], folder, keep, answers)
}

fn answers(port: u16) -> bool {
    greets(port, b"PING\r\n", b"+PONG")
}
