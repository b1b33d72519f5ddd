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
        Self::open_with(binaries, folder, form, &[]).await
    }

    /// The same, with `arguments` for every process.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn open_with(
        binaries: &Binaries,
        folder: &Path,
        form: Form,
        arguments: &[&str],
    ) -> Result<Self> {
        Ok(match form {
            Form::Embedded => {
                let options = BackendOptions {
                    arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
                    ..BackendOptions::default()
                };
                Self::Embedded(Box::new(Backend::start(binaries, folder, options).await?))
            }
            Form::Distributed(engines) => {
                let cluster = Cluster::start(binaries, folder, engines, EACH, arguments).await?;
                Self::Distributed(Box::new(cluster))
            }
        })
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> String {
        match self {
            Self::Embedded(backend) => backend.url(),
            Self::Distributed(cluster) => cluster.url(),
        }
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

    /// All that its processes logged.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn logs(&self) -> Result<String> {
        match self {
            Self::Embedded(backend) => Ok(std::fs::read_to_string(backend.log_file())?),
            Self::Distributed(cluster) => cluster.logs(),
        }
    }

    /// What it logged of failures, as far as it can be read.
    #[must_use]
    pub fn errors(&self) -> String {
        let logs = self.logs().unwrap_or_else(|error| error.to_string());
        let errors = logs.lines().filter(|line| line.contains("ERROR"));
        errors.collect::<Vec<_>>().join("\n")
    }

    /// The processes of its services.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        match self {
            Self::Embedded(backend) => backend.process().into_iter().collect(),
            Self::Distributed(cluster) => cluster.processes(),
        }
    }

    /// NGINX, where there is one.
    #[must_use]
    pub fn proxy(&self) -> Option<u32> {
        match self {
            Self::Embedded(_) => None,
            Self::Distributed(cluster) => cluster.proxy(),
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

    /// Starts it where it was, unless it runs; it is ready a while later.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn begin(&mut self) -> Result<()> {
        match self {
            Self::Embedded(backend) => backend.begin(),
            Self::Distributed(cluster) => cluster.begin_all(),
        }
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// When it does not become so.
    pub async fn ready(&mut self) -> Result<()> {
        match self {
            Self::Embedded(backend) => backend.ready().await,
            Self::Distributed(cluster) => cluster.all_ready().await,
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
