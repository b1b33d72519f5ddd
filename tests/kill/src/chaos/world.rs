//! Every service as processes of its own behind NGINX, on servers of its own, and
//! the crowd before it.

use super::figures;
use super::harvest::harvest;
use super::plan::Victim;
use crate::checker::{self, Checked, Fault};
use crate::world::{Crowd, Folders, left_over, open_sale};
use anyhow::{Context, Result};
use gateline_servers::{Keep, Server, Servers};
use gateline_tests::system::{Api, Binaries, Cluster, Engines};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// How long an unpaid order holds its tickets.
const HOLD_SECONDS: &str = "8";
/// How many times the smallest limits there are tickets: enough for a long run.
const LIMITS: i64 = 10;
/// From the last strike until everything that was begun has its end. The broker's
/// longest pause before a delivery is tried again is a minute.
const REST: Duration = Duration::from_secs(240);
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

/// A running world.
#[derive(Debug)]
pub struct ChaosWorld {
    /// Everybody in it.
    pub crowd: Crowd,
    /// Every service.
    pub cluster: Cluster,
    /// What they stand on.
    pub servers: Servers,
    /// The organizer.
    pub organizer: Api,
    /// Where what they stand on is.
    pub engines: Engines,
    event: u64,
    program: PathBuf,
}

impl ChaosWorld {
    /// Makes a world in an empty folder, with `each` processes of each service and
    /// `mongodb` as its database's program. Nobody works before [`Crowd::go`].
    ///
    /// # Errors
    /// When anything does not start, or a program is not built.
    pub async fn open(folder: &Path, mongodb: &Path, each: usize, seed: u64) -> Result<Self> {
        let folders = Folders::of(folder);
        let binaries = Binaries::of_this_build()?;
        let servers = start_servers(folder.join("servers"), mongodb.to_owned()).await?;
        let engines = Engines::on(&servers, "chaos");
        let arguments = ["--order-hold-seconds", HOLD_SECONDS, "--log", "warn"];
        let services = folder.join("services");
        let cluster =
            Cluster::start(&binaries, &services, engines.clone(), each, &arguments).await?;
        let (festival, facts) = open_sale(&folders, cluster.api()?, LIMITS).await?;
        let program = binaries.path("gateline")?;
        let crowd = Crowd::gather(folders, binaries, &festival, &facts, seed).await?;
        Ok(Self {
            crowd,
            cluster,
            servers,
            organizer: festival.organizer,
            engines,
            event: festival.event,
            program,
        })
    }

    /// Does to the victim what its kind says; says how many processes were killed.
    ///
    /// # Errors
    /// When one cannot be killed, added or taken away.
    pub async fn strike(&mut self, victim: Victim, chance: usize) -> Result<usize> {
        match victim {
            Victim::One(service) => {
                let running = self.cluster.running(service);
                let Some(at) = running.get(chance % running.len().max(1)) else {
                    return Ok(0);
                };
                self.cluster.instances[*at].kill()?;
                Ok(1)
            }
            Victim::All(service) => {
                let running = self.cluster.running(service);
                for at in &running {
                    self.cluster.instances[*at].kill()?;
                }
                Ok(running.len())
            }
            Victim::Everything => {
                let running = self.cluster.instances.iter().filter(|it| it.is_up());
                let count = running.count();
                self.cluster.kill()?;
                Ok(count)
            }
            Victim::Broker | Victim::Database | Victim::Cache => {
                self.server(victim).kill();
                Ok(1)
            }
            Victim::Added(service) => {
                self.cluster.add(service).await?;
                Ok(0)
            }
            Victim::Removed(service) => {
                let running = self.cluster.running(service);
                if running.len() > 1 {
                    self.cluster.remove(running[chance % running.len()]).await?;
                }
                Ok(0)
            }
        }
    }

    /// Starts whatever is down, and waits until it answers.
    ///
    /// # Errors
    /// When something does not.
    pub async fn start_again(&mut self) -> Result<()> {
        for server in self.servers.all_mut() {
            server.begin()?;
        }
        tokio::task::block_in_place(|| {
            let mut servers = self.servers.all_mut().into_iter();
            servers.try_for_each(Server::wait_until_it_answers)
        })?;
        self.cluster.start_again().await
    }

    /// Lets everybody finish, waits for the end of all that was begun, and checks it.
    /// What is still wrong when that was to be done is a finding.
    ///
    /// # Errors
    /// When a client failed, or the stores cannot be read.
    pub async fn come_to_rest(&mut self) -> Result<Checked> {
        self.crowd.pause().await?;
        self.crowd.send_all().await?;
        let start = Instant::now();
        loop {
            let checked = self.check().await?;
            if checked.findings.is_empty() || start.elapsed() > REST {
                return Ok(checked);
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
    }

    /// Checks everything as it is now.
    ///
    /// # Errors
    /// When the stores cannot be read.
    pub async fn check(&self) -> Result<Checked> {
        let folders = &self.crowd.folders;
        harvest(&self.engines, folders).await.context("the copy")?;
        let mut checked = checker::check(folders)?;
        for left in left_over(&folders.backend())? {
            checked.found(Fault::LeftOver, left);
        }
        for letter in self.dead_letters()? {
            checked.found(Fault::LeftOver, format!("a dead letter: {letter}"));
        }
        let told = self
            .organizer
            .get(&format!("/api/checkin/events/{}/figures", self.event))
            .await?;
        figures::check(&folders.backend(), &told, &mut checked)?;
        Ok(checked)
    }

    /// What consumers gave up, a line each.
    fn dead_letters(&self) -> Result<Vec<String>> {
        let listed = Command::new(&self.program)
            .args(["dead-letters", "list"])
            .args(["--rabbitmq-url", &self.engines.rabbitmq])
            .args(["--name-prefix", &self.engines.prefix])
            .output()?;
        let said = String::from_utf8_lossy(&listed.stdout).into_owned();
        let error = String::from_utf8_lossy(&listed.stderr);
        anyhow::ensure!(listed.status.success(), "no list of dead letters: {error}");
        let letters = said.lines().filter(|line| *line != "nothing was given up");
        Ok(letters.map(str::to_owned).collect())
    }

    fn server(&mut self, victim: Victim) -> &mut Server {
        match victim {
            Victim::Broker => &mut self.servers.rabbitmq,
            Victim::Cache => &mut self.servers.redis,
            _ => &mut self.servers.mongodb,
        }
    }
}

async fn start_servers(folder: PathBuf, mongodb: PathBuf) -> Result<Servers> {
    let started =
        tokio::task::spawn_blocking(move || Servers::start(&folder, &mongodb, Keep::UntilDropped));
    started.await?
}
