//! Redis, without persistence: it holds nothing that cannot be rebuilt.

use super::started::{Keep, Started, free_port, greeted};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::Command;

pub(super) fn start(folder: &Path, keep: Keep) -> Result<Started> {
    std::fs::create_dir_all(folder)?;
    let program = crate::environment::program("redis-server").context("redis-server is missing")?;
    let port = free_port()?;
    let mut command = Command::new(program);
    command
        .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
        .args(["--save", "", "--appendonly", "no", "--daemonize", "no"]);
    let url = format!("redis://127.0.0.1:{port}");
    let ping = greeted(b"PING\r\n", b"+PONG");
    Started::start("redis", (url, port), vec![command], folder, keep, ping)
}
