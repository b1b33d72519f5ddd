//! The backend as a process: started, killed without warning, started again.

use super::{Api, Binaries, wait_until};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

const START_DEADLINE: Duration = Duration::from_secs(60);

/// How to start a backend.
#[derive(Debug, Clone, Default)]
pub struct BackendOptions {
    /// More arguments for `gateline serve`.
    pub arguments: Vec<String>,
    /// More variables of its environment.
    pub environment: Vec<(String, PathBuf)>,
    /// Where its log goes instead of into its folder.
    pub log: Option<PathBuf>,
}

/// A running (or killed) backend. Dropping it kills it.
#[derive(Debug)]
pub struct Backend {
    program: PathBuf,
    data: PathBuf,
    port: u16,
    options: BackendOptions,
    process: Option<Child>,
}

impl Backend {
    /// Starts `gateline serve` on a free loopback port over the folder `data`,
    /// and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start(binaries: &Binaries, data: &Path, options: BackendOptions) -> Result<Self> {
        std::fs::create_dir_all(data).context("the backend's folder")?;
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut backend = Self {
            program: binaries.path("gateline")?,
            data: data.to_owned(),
            port,
            options,
            process: None,
        };
        backend.start_again().await?;
        Ok(backend)
    }

    /// The base URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A client of it, signed in as nobody.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn api(&self) -> Result<Api> {
        Api::new(&self.url())
    }

    /// The running process; `None` while it is killed.
    #[must_use]
    pub fn process(&self) -> Option<u32> {
        self.process.as_ref().map(Child::id)
    }

    /// The file that its log goes to.
    #[must_use]
    pub fn log_file(&self) -> PathBuf {
        let log = self.options.log.clone();
        log.unwrap_or_else(|| self.data.join("backend.log"))
    }

    /// Starts it again, on the same port and folder.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn start_again(&mut self) -> Result<()> {
        self.begin()?;
        self.ready().await
    }

    /// Starts it again without waiting until it is ready.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn begin(&mut self) -> Result<()> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.log_file())?;
        let process = Command::new(&self.program)
            .args(["serve", "--listen", &format!("127.0.0.1:{}", self.port)])
            .arg("--data")
            .arg(&self.data)
            .args(["--public-url", &self.url(), "--payment-gateway", "test"])
            .args(&self.options.arguments)
            .envs(self.options.environment.clone())
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start the backend")?;
        self.process = Some(process);
        Ok(())
    }

    /// Waits until it is ready.
    ///
    /// # Errors
    /// When it ends, or does not become ready.
    pub async fn ready(&mut self) -> Result<()> {
        let api = self.api()?;
        let log = self.log_file();
        let ready = wait_until("the backend to be ready", START_DEADLINE, || {
            let (ended, api) = (self.ended(), api.clone());
            async move {
                if let Some(status) = ended? {
                    bail!("the backend ended with {status}");
                }
                Ok(api.get_bytes("/readyz").await.ok())
            }
        });
        ready
            .await
            .with_context(|| format!("see {}", log.display()))?;
        Ok(())
    }

    /// Its exit, if it has ended by itself.
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn ended(&mut self) -> Result<Option<ExitStatus>> {
        let process = self.process.as_mut();
        Ok(process.map(Child::try_wait).transpose()?.flatten())
    }

    /// SIGKILL: no chance to write or say anything.
    ///
    /// # Errors
    /// When the process cannot be killed.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill().context("cannot kill the backend")?;
            process.wait()?;
        }
        Ok(())
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        // Nothing is left to do when it cannot be killed.
        drop(self.kill());
    }
}
