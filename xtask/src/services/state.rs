//! Which servers `services up` started, in a file beside their data.

use super::pause;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const FILE: &str = "state.json";
const TO_END: Duration = Duration::from_secs(10);

/// One server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Server {
    /// `rabbitmq`, `redis` or `mongodb`.
    pub(super) name: String,
    /// Where clients find it.
    pub(super) url: String,
    /// Its port on the loopback address.
    pub(super) port: u16,
    /// Process groups that are its own.
    pub(super) groups: Vec<u32>,
}

/// All of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct State {
    pub(super) servers: Vec<Server>,
    /// The program behind `mongodb`, for tests that start one of their own. Whoever
    /// wrote none down is ended as before.
    #[serde(default)]
    pub(super) mongodb: PathBuf,
}

impl Server {
    pub(super) fn of(server: &gateline_servers::Server) -> Self {
        Self {
            name: server.name.to_owned(),
            url: server.url.clone(),
            port: server.port,
            groups: server.groups(),
        }
    }

    /// Does it take connections?
    pub(super) fn runs(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
    }
}

impl State {
    /// What `folder` says, if anything was started there.
    pub(super) fn read(folder: &Path) -> Result<Option<Self>> {
        let file = folder.join(FILE);
        if !file.is_file() {
            return Ok(None);
        }
        let text = std::fs::read_to_string(&file)?;
        let state = serde_json::from_str(&text);
        Ok(Some(state.with_context(|| {
            format!("{} cannot be read", file.display())
        })?))
    }

    pub(super) fn write(&self, folder: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        Ok(std::fs::write(folder.join(FILE), text)?)
    }

    /// The variables by which tests find them.
    pub(super) fn variables(&self) -> impl Iterator<Item = (String, String)> {
        let urls = self.servers.iter().map(|server| {
            let name = format!("GATELINE_TEST_{}", server.name.to_uppercase());
            (name, server.url.clone())
        });
        let program = self.mongodb.to_string_lossy().into_owned();
        urls.chain([("GATELINE_TEST_MONGODB_PROGRAM".to_owned(), program)])
    }

    /// Kills their groups: their data is thrown away in any case.
    pub(super) fn end(&self) {
        for group in self.servers.iter().flat_map(|server| &server.groups) {
            let _gone_already = Command::new("kill")
                .args(["-s", "KILL", "--", &format!("-{group}")])
                .stderr(Stdio::null())
                .status();
        }
        let begun = Instant::now();
        while self.servers.iter().any(Server::runs) && begun.elapsed() < TO_END {
            pause(Duration::from_millis(50));
        }
    }
}
