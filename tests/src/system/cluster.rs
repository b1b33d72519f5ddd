//! The backend in its distributed form on one machine: every service as processes
//! of its own, several of each, behind NGINX.
//!
//! Always: nothing that it starts outlives it; each process has its own port and
//! log, and keeps them when it is killed and started again.

use super::{Api, Binaries, Engines, installed, wait_until};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

/// Every service.
pub const SERVICES: &[&str] = &[
    "auth",
    "events",
    "orders",
    "expiration",
    "payments",
    "pricing",
    "tickets",
    "checkin",
    "mail",
];

const START_DEADLINE: Duration = Duration::from_secs(120);

/// Services behind NGINX.
#[derive(Debug)]
pub struct Cluster {
    program: PathBuf,
    folder: PathBuf,
    engines: Engines,
    front: u16,
    inside: u16,
    arguments: Vec<String>,
    /// All processes of services.
    pub instances: Vec<Instance>,
    nginx: Option<Child>,
}

/// One process of one service.
#[derive(Debug)]
pub struct Instance {
    /// The service.
    pub service: &'static str,
    /// Its own port.
    pub port: u16,
    process: Option<Child>,
}

impl Instance {
    /// Is it to be running?
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.process.is_some()
    }

    /// SIGKILL: no chance to write or say anything.
    ///
    /// # Errors
    /// When the process cannot be killed.
    pub fn kill(&mut self) -> Result<()> {
        if let Some(mut process) = self.process.take() {
            process.kill().context("cannot kill a service")?;
            process.wait()?;
        }
        Ok(())
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Nothing is left to do when it cannot be killed.
        drop(self.kill());
    }
}

impl Cluster {
    /// Starts `each` processes of every service in `folder`, with `arguments` for
    /// each of them, and NGINX; waits until all are ready.
    ///
    /// # Errors
    /// When one does not become ready.
    pub async fn start(
        binaries: &Binaries,
        folder: &Path,
        engines: Engines,
        each: usize,
        arguments: &[&str],
    ) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        let mut cluster = Self {
            program: binaries.path("gateline")?,
            folder: folder.to_owned(),
            engines,
            front: free_port()?,
            inside: free_port()?,
            arguments: arguments.iter().map(|text| (*text).to_owned()).collect(),
            instances: Vec::new(),
            nginx: None,
        };
        cluster.make_secrets()?;
        for service in SERVICES {
            for _ in 0..each {
                cluster.instances.push(Instance {
                    service,
                    port: free_port()?,
                    process: None,
                });
            }
        }
        cluster.start_nginx()?;
        cluster.start_again().await?;
        Ok(cluster)
    }

    /// The base URL of all services.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.front)
    }

    /// A client of it, signed in as nobody.
    ///
    /// # Errors
    /// When the HTTP client cannot be made.
    pub fn api(&self) -> Result<Api> {
        Api::new(&self.url())
    }

    /// The folder that letters are written to.
    #[must_use]
    pub fn mail(&self) -> PathBuf {
        self.folder.join("mail")
    }

    /// Starts what is not running, and waits until all are ready.
    ///
    /// # Errors
    /// When one does not become ready.
    pub async fn start_again(&mut self) -> Result<()> {
        self.begin_all()?;
        self.all_ready().await
    }

    /// Starts what is not running.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn begin_all(&mut self) -> Result<()> {
        (0..self.instances.len()).try_for_each(|at| self.begin(at))
    }

    /// Waits until all are ready.
    ///
    /// # Errors
    /// When one does not become ready.
    pub async fn all_ready(&mut self) -> Result<()> {
        for at in 0..self.instances.len() {
            self.ready(at).await?;
        }
        Ok(())
    }

    /// All that its processes logged.
    ///
    /// # Errors
    /// When a log cannot be read.
    pub fn logs(&self) -> Result<String> {
        let mut logs = String::new();
        for entry in std::fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|end| end == "log") {
                logs += &std::fs::read_to_string(path)?;
            }
        }
        Ok(logs)
    }

    /// Adds one more process of `service`, and waits until it is ready.
    ///
    /// # Errors
    /// When it does not become ready.
    pub async fn add(&mut self, service: &'static str) -> Result<usize> {
        self.instances.push(Instance {
            service,
            port: free_port()?,
            process: None,
        });
        let at = self.instances.len() - 1;
        self.begin(at)?;
        self.ready(at).await?;
        self.tell_nginx()?;
        Ok(at)
    }

    /// Where the services are now.
    fn tell_nginx(&self) -> Result<()> {
        self.write_upstreams()?;
        let nginx = self.nginx.as_ref().context("NGINX is not running")?;
        signal("HUP", nginx.id())
    }

    /// The instances of `service` that run, by their places in `instances`.
    #[must_use]
    pub fn running(&self, service: &str) -> Vec<usize> {
        let places = self.instances.iter().enumerate();
        places
            .filter(|(_, one)| one.service == service && one.is_up())
            .map(|(at, _)| at)
            .collect()
    }

    /// The processes of all services.
    #[must_use]
    pub fn processes(&self) -> Vec<u32> {
        let running = self.instances.iter();
        running
            .filter_map(|one| one.process.as_ref())
            .map(Child::id)
            .collect()
    }

    /// NGINX.
    #[must_use]
    pub fn proxy(&self) -> Option<u32> {
        self.nginx.as_ref().map(Child::id)
    }

    /// Takes an instance away as an operator does: NGINX hears of it first, then the
    /// process is asked to end, and is waited for.
    ///
    /// # Errors
    /// When it does not end.
    pub async fn remove(&mut self, at: usize) -> Result<()> {
        let mut instance = self.instances.remove(at);
        self.tell_nginx()?;
        let Some(process) = instance.process.as_mut() else {
            return Ok(());
        };
        signal("TERM", process.id())?;
        wait_until("a service to end", START_DEADLINE, || {
            let ended = process.try_wait();
            async move { Ok(ended?) }
        })
        .await?;
        Ok(())
    }

    /// Starts this instance unless it runs.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn begin(&mut self, at: usize) -> Result<()> {
        let inside = format!("http://127.0.0.1:{}", self.inside);
        let public = self.url();
        let (program, folder) = (self.program.clone(), self.folder.clone());
        let (engines, arguments) = (self.engines.clone(), self.arguments.clone());
        let instance = self.instances.get_mut(at).context("no such instance")?;
        if instance.process.is_some() {
            return Ok(());
        }
        let log = format!("{}-{}.log", instance.service, instance.port);
        let log = File::options()
            .create(true)
            .append(true)
            .open(folder.join(log))?;
        let process = Command::new(program)
            .args(["serve", "--services", instance.service])
            .args(["--listen", &format!("127.0.0.1:{}", instance.port)])
            .args(["--mongodb-url", &engines.mongodb])
            .args(["--rabbitmq-url", &engines.rabbitmq])
            .args(["--redis-url", &engines.redis])
            .args(["--name-prefix", &engines.prefix])
            .args(["--auth-url", &inside, "--orders-url", &inside])
            .args(["--payments-url", &inside, "--public-url", &public])
            .args(["--payment-gateway", "test"])
            .args(["--trusted-proxies", "127.0.0.1"])
            .arg("--shared-secret-file")
            .arg(folder.join("shared-secret"))
            .arg("--store-key-file")
            .arg(folder.join("store-key"))
            .arg("--mail-folder")
            .arg(folder.join("mail"))
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start a service")?;
        instance.process = Some(process);
        Ok(())
    }

    /// Waits until this instance is ready.
    ///
    /// # Errors
    /// When it ends, or does not become ready.
    pub async fn ready(&mut self, at: usize) -> Result<()> {
        let log = self.folder.clone();
        let instance = self.instances.get_mut(at).context("no such instance")?;
        let api = Api::new(&format!("http://127.0.0.1:{}", instance.port))?;
        let (service, port) = (instance.service, instance.port);
        let ready = wait_until("a service to be ready", START_DEADLINE, || {
            let ended = instance.process.as_mut().map(Child::try_wait);
            let api = api.clone();
            async move {
                if let Some(status) = ended.transpose()?.flatten() {
                    bail!("it ended with {status}");
                }
                Ok(api.get_bytes("/readyz").await.ok())
            }
        });
        ready
            .await
            .with_context(|| format!("see {}/{service}-{port}.log", log.display()))?;
        Ok(())
    }

    /// SIGKILL to all services at once.
    ///
    /// # Errors
    /// When one cannot be killed.
    pub fn kill(&mut self) -> Result<()> {
        self.instances.iter_mut().try_for_each(Instance::kill)
    }

    fn make_secrets(&self) -> Result<()> {
        let secret = uuid::Uuid::new_v4().simple().to_string();
        std::fs::write(self.folder.join("shared-secret"), secret)?;
        let made = Command::new(&self.program)
            .args(["store-key", "make", "--store-key-file"])
            .arg(self.folder.join("store-key"))
            .stdout(Stdio::null())
            .status()?;
        anyhow::ensure!(made.success(), "no store key was made");
        Ok(())
    }

    fn start_nginx(&mut self) -> Result<()> {
        let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/nginx");
        let template = std::fs::read_to_string(config.join("local.conf.template"))?;
        let listen = format!("127.0.0.1:{}", self.front);
        let text = template
            .replace("@FOLDER@", &self.folder.to_string_lossy())
            .replace("@CONFIG@", &config.to_string_lossy())
            .replace("@LISTEN@", &listen);
        let file = self.folder.join("nginx.conf");
        std::fs::write(&file, text)?;
        self.write_upstreams()?;
        let log = File::create(self.folder.join("nginx.log"))?;
        let nginx = Command::new(installed("nginx"))
            .arg("-c")
            .arg(&file)
            .arg("-p")
            .arg(&self.folder)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .context("cannot start nginx: is it installed?")?;
        self.nginx = Some(nginx);
        Ok(())
    }

    /// Where NGINX finds the services, and where services find each other.
    fn write_upstreams(&self) -> Result<()> {
        let mut text = String::new();
        for service in SERVICES {
            text += &format!("upstream {service} {{\n    zone {service} 64k;\n");
            for instance in self.instances.iter().filter(|one| one.service == *service) {
                let port = instance.port;
                text += &format!("    server 127.0.0.1:{port} max_fails=1 fail_timeout=1s;\n");
            }
            text += "    keepalive 16;\n    keepalive_timeout 20s;\n}\n";
        }
        text += &format!(
            "server {{\n    listen 127.0.0.1:{};\n\
             \x20   proxy_next_upstream error timeout non_idempotent;\n\
             \x20   location /internal/identity {{ proxy_pass http://auth; }}\n\
             \x20   location /internal/orders/ {{ proxy_pass http://orders; }}\n\
             \x20   location /internal/payments/ {{ proxy_pass http://payments; }}\n}}\n",
            self.inside
        );
        Ok(std::fs::write(self.folder.join("upstreams.conf"), text)?)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Nothing is left to do when they cannot be killed.
        drop(self.kill());
        if let Some(mut nginx) = self.nginx.take() {
            // Its worker goes with it only if it is asked to end.
            drop(signal("TERM", nginx.id()));
            drop(nginx.wait());
        }
    }
}

fn signal(name: &str, process: u32) -> Result<()> {
    let sent = Command::new("kill")
        .args(["-s", name, &process.to_string()])
        .status()?;
    anyhow::ensure!(sent.success(), "nobody to send {name} to");
    Ok(())
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
