//! The backend in either form: one process on an embedded store, or every service
//! twice behind NGINX.

use super::{Api, Backend, BackendOptions, Binaries, Cluster, Engines};
use anyhow::Result;
use std::path::Path;

/// Processes of each service in the distributed form.
const EACH: usize = 2;

/// Which form.
#[derive(Debug, Clone)]
pub enum Form {
    /// One process.
    Embedded,
    /// Many, on these servers.
    Distributed(Engines),
}

/// A running backend.
#[derive(Debug)]
pub enum Shop {
    /// One process.
    Embedded(Box<Backend>),
    /// Many.
    Distributed(Box<Cluster>),
}

impl Shop {
    /// Opens it in `folder`, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn open(binaries: &Binaries, folder: &Path, form: Form) -> Result<Self> {
        Ok(match form {
            Form::Embedded => {
                let options = BackendOptions::default();
                Self::Embedded(Box::new(Backend::start(binaries, folder, options).await?))
            }
            Form::Distributed(engines) => {
                let cluster = Cluster::start(binaries, folder, engines, EACH, &[]).await?;
                Self::Distributed(Box::new(cluster))
            }
        })
    }

    /// A client of it, signed in as nobody.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn api(&self) -> Result<Api> {
        match self {
            Self::Embedded(backend) => backend.api(),
            Self::Distributed(cluster) => cluster.api(),
        }
    }

    /// SIGKILL to every process of it.
    ///
    /// # Errors
    /// When one cannot be killed.
    pub fn kill(&mut self) -> Result<()> {
        match self {
            Self::Embedded(backend) => backend.kill(),
            Self::Distributed(cluster) => cluster.kill(),
        }
    }

    /// Starts it again where it was.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start_again(&mut self) -> Result<()> {
        match self {
            Self::Embedded(backend) => backend.start_again().await,
            Self::Distributed(cluster) => cluster.start_again().await,
        }
    }
}
