//! A broker of a test's own, which may be killed: started as
//! `cargo xtask services` does, on free ports, with data that is thrown away.

use crate::contract::bus::wait_until;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(super) struct Broker {
    folder: tempfile::TempDir,
    ports: [u16; 3],
    mapper: Child,
    running: Option<Child>,
}

impl Broker {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ports = [free_port(), free_port(), free_port()];
        let mut mapper = Command::new("epmd");
        mapper
            .args(["-port", &ports[2].to_string(), "-address", "127.0.0.1"])
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut broker = Self {
            mapper: mapper.spawn().unwrap(),
            folder,
            ports,
            running: None,
        };
        broker.start_again().await;
        broker
    }

    pub(super) fn url(&self) -> String {
        format!("amqp://127.0.0.1:{}", self.ports[0])
    }

    /// Starts it over what it had on disk, and waits until it answers.
    pub(super) async fn start_again(&mut self) {
        use std::os::unix::process::CommandExt;
        let [port, dist, mapper] = self.ports;
        let folder = self.folder.path();
        let log = std::fs::File::create(folder.join("log")).unwrap();
        let mut command = Command::new(script());
        command
            .env("HOME", folder)
            .env("ERL_EPMD_PORT", mapper.to_string())
            .env("ERL_EPMD_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODENAME", format!("gateline-{port}@localhost"))
            .env("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1")
            .env("RABBITMQ_NODE_PORT", port.to_string())
            .env("RABBITMQ_DIST_PORT", dist.to_string())
            .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
            .env("RABBITMQ_LOG_BASE", folder)
            .env("RABBITMQ_LOGS", "-")
            .env("RABBITMQ_PID_FILE", folder.join("pid"))
            .env("RABBITMQ_CONFIG_FILE", folder.join("rabbitmq"))
            .env("RABBITMQ_CONF_ENV_FILE", folder.join("none"))
            .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"))
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .process_group(0);
        self.running = Some(command.spawn().unwrap());
        wait_until("the broker answers", async || answers(port).await).await;
    }

    /// As a power cut does, but for what the system still writes.
    pub(super) async fn kill(&mut self) {
        self.end();
        let port = self.ports[0];
        wait_until("the broker is gone", async || !answers(port).await).await;
    }

    fn end(&mut self) {
        if let Some(mut running) = self.running.take() {
            let group = format!("-{}", running.id());
            let killed = Command::new("kill").args(["-KILL", "--", &group]).status();
            assert!(killed.unwrap().success());
            running.wait().unwrap();
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.end();
        let _gone_already = self.mapper.kill();
        let _reaped = self.mapper.wait();
    }
}

/// Does it speak its protocol?
async fn answers(port: u16) -> bool {
    let asking = async {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
        stream.read_u8().await
    };
    let answered = tokio::time::timeout(std::time::Duration::from_secs(2), asking).await;
    matches!(answered, Ok(Ok(1)))
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}

/// The server's own script; the one on the path may insist on another account.
fn script() -> PathBuf {
    let below = Path::new("/usr/lib/rabbitmq/lib");
    let versions = std::fs::read_dir(below).into_iter().flatten().flatten();
    let scripts = versions.map(|version| version.path().join("sbin/rabbitmq-server"));
    let found = scripts.filter(|script| script.is_file()).max();
    found.unwrap_or_else(|| PathBuf::from("rabbitmq-server"))
}
