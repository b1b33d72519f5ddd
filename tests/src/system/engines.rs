//! The servers that the distributed mode stands on: MongoDB, RabbitMQ and Redis, as
//! `cargo xtask services` started them.

use anyhow::{Context, Result};
use gateline_servers::Servers;
use std::path::PathBuf;
use uuid::Uuid;

/// Where they are, and what is ours in them.
#[derive(Debug, Clone)]
pub struct Engines {
    /// `mongodb://…`
    pub mongodb: String,
    /// `amqp://…`
    pub rabbitmq: String,
    /// `redis://…`
    pub redis: String,
    /// With what the names of one installation begin.
    pub prefix: String,
}

impl Engines {
    /// Those of `servers`, for the installation whose names begin with `prefix`.
    #[must_use]
    pub fn on(servers: &Servers, prefix: &str) -> Self {
        Self {
            mongodb: servers.mongodb.url.clone(),
            rabbitmq: servers.rabbitmq.url.clone(),
            redis: servers.redis.url.clone(),
            prefix: prefix.to_owned(),
        }
    }

    /// Those that the environment names, for an installation of its own.
    ///
    /// # Errors
    /// When it names none.
    pub fn of_this_run() -> Result<Self> {
        Ok(Self {
            mongodb: address("GATELINE_TEST_MONGODB")?,
            rabbitmq: address("GATELINE_TEST_RABBITMQ")?,
            redis: address("GATELINE_TEST_REDIS")?,
            prefix: format!("t{}", &Uuid::new_v4().simple().to_string()[..12]),
        })
    }
}

/// The program behind MongoDB's address, for a test that starts one of its own.
///
/// # Errors
/// When the environment names none.
pub fn mongodb_program() -> Result<PathBuf> {
    Ok(PathBuf::from(address("GATELINE_TEST_MONGODB_PROGRAM")?))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the servers' addresses come from the environment"
)]
fn address(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| {
        format!("{name} is not set: run `cargo xtask services up`, and set what it prints")
    })
}
