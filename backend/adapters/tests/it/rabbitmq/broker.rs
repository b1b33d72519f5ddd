//! A broker of a test's own, which may be killed.

use crate::contract::bus::wait_until;
use gateline_servers::{Keep, Server, rabbitmq};
use tokio::net::TcpStream;

pub(super) struct Broker {
    server: Option<Server>,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Broker {
    pub(super) async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = rabbitmq::start(folder.path(), Keep::UntilDropped).unwrap();
        let mut broker = Self {
            port: server.port,
            server: Some(server),
            _folder: folder,
        };
        broker.start_again().await;
        broker
    }

    pub(super) fn url(&self) -> String {
        format!("amqp://127.0.0.1:{}", self.port)
    }

    /// Starts it over what it had on disk, and waits until it answers.
    pub(super) async fn start_again(&mut self) {
        let mut server = self.server.take().unwrap();
        let started = tokio::task::spawn_blocking(move || {
            server.begin().unwrap();
            server.wait_until_it_answers().unwrap();
            server
        });
        self.server = Some(started.await.unwrap());
    }

    /// As a power cut does, but for what the system still writes.
    pub(super) async fn kill(&mut self) {
        self.server.as_mut().unwrap().kill();
        let port = self.port;
        let gone = async || TcpStream::connect(("127.0.0.1", port)).await.is_err();
        wait_until("the broker is gone", gone).await;
    }
}
