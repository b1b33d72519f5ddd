//! RabbitMQ, Redis and a MongoDB server for tests, on free ports of the loopback
//! address, with data that is thrown away; and processes that never outlive whoever
//! started them.
//!
//! Always: each server runs in process groups of its own and keeps everything in one
//! folder, so that it meets no other server of this machine; killed and started
//! again, it has its data and its address as before.

pub mod mongodb;
pub mod rabbitmq;
pub mod redis;
mod server;
mod supervise;
mod wire;

pub use server::{Keep, Server};
pub use supervise::Supervised;

use anyhow::{Context, Result};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// The file of this program: on the search path, or among the servers, which are
/// beside the search path of ordinary accounts.
#[must_use]
pub fn program(name: &str) -> Option<PathBuf> {
    #[expect(
        clippy::disallowed_methods,
        reason = "the search path is in the environment"
    )]
    let path = std::env::var("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/local/sbin", "/usr/sbin", "/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}

/// A port of the loopback address that nobody listens on.
///
/// # Errors
/// When there is none.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}

/// The three servers of the distributed form.
#[derive(Debug)]
pub struct Servers {
    /// The broker.
    pub rabbitmq: Server,
    /// The database.
    pub mongodb: Server,
    /// The cache.
    pub redis: Server,
}

impl Servers {
    /// Starts all of them, below `folder`, and waits until they answer; `mongodb` is
    /// the program of [`mongodb::start`].
    ///
    /// # Errors
    /// When one does not start.
    pub fn start(folder: &Path, mongodb: &Path, keep: Keep) -> Result<Self> {
        // The slowest first, and all at once.
        let mut servers = Self {
            rabbitmq: rabbitmq::start(&folder.join("rabbitmq"), keep)?,
            mongodb: mongodb::start(&folder.join("mongodb"), mongodb, keep)?,
            redis: redis::start(&folder.join("redis"), keep)?,
        };
        for server in servers.all_mut() {
            server.wait_until_it_answers()?;
        }
        Ok(servers)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> [&Server; 3] {
        [&self.rabbitmq, &self.mongodb, &self.redis]
    }

    /// All of them.
    pub fn all_mut(&mut self) -> [&mut Server; 3] {
        [&mut self.rabbitmq, &mut self.mongodb, &mut self.redis]
    }
}
