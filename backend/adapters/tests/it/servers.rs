//! Where the real servers of the distributed mode are. `cargo xtask test` starts
//! them; otherwise `cargo xtask services up` does, and says what to set.

use crate::contract::bus::wait_until;
use gateline_adapters::mongo::MongoServer;
use gateline_adapters::redis::RedisServer;
use std::sync::Mutex;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

#[expect(
    clippy::disallowed_methods,
    reason = "the servers' addresses come from the environment"
)]
fn address(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: run `cargo xtask services up`, and set what it prints")
    })
}

/// MongoDB, with databases that no other test has.
pub(crate) async fn mongo() -> MongoServer {
    let url = address("GATELINE_TEST_MONGODB");
    let prefix = format!("test_{}", Uuid::new_v4().simple());
    MongoServer::at(&url, &prefix).await.unwrap()
}

/// MongoDB, and its databases by service, to look beneath a store.
pub(crate) async fn mongo_and_its_databases() -> (MongoServer, impl Fn(&str) -> mongodb::Database) {
    let url = address("GATELINE_TEST_MONGODB");
    let prefix = format!("test_{}", Uuid::new_v4().simple());
    let server = MongoServer::at(&url, &prefix).await.unwrap();
    let client = mongodb::Client::with_uri_str(&url).await.unwrap();
    (server, move |service| {
        client.database(&format!("{prefix}_{service}"))
    })
}

/// RabbitMQ's address.
pub(crate) fn rabbitmq() -> String {
    address("GATELINE_TEST_RABBITMQ")
}

/// Redis' address.
pub(crate) fn redis_address() -> String {
    address("GATELINE_TEST_REDIS")
}

/// Redis, with keys that no other test has.
pub(crate) fn redis() -> RedisServer {
    redis_at(&redis_address())
}

pub(crate) fn redis_at(url: &str) -> RedisServer {
    let prefix = format!("test:{}", Uuid::new_v4().simple());
    RedisServer::at(url, &prefix).unwrap()
}

/// A line to a server, which a test can cut and mend.
pub(crate) struct Line {
    server: String,
    port: u16,
    cut: Mutex<CancellationToken>,
}

impl Line {
    /// To the server at `url`.
    pub(crate) async fn to(url: &str) -> Self {
        let (_, rest) = url.split_once("://").unwrap();
        let server = rest.split('/').next().unwrap().to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let line = Self {
            server,
            port: listener.local_addr().unwrap().port(),
            cut: Mutex::default(),
        };
        line.carry(listener);
        line
    }

    /// Where clients find it.
    pub(crate) fn url(&self, scheme: &str) -> String {
        format!("{scheme}://127.0.0.1:{}", self.port)
    }

    /// Ends every connection, and takes no more.
    pub(crate) fn cut(&self) {
        self.cut.lock().unwrap().cancel();
    }

    /// Takes connections again.
    pub(crate) async fn mend(&self) {
        *self.cut.lock().unwrap() = CancellationToken::new();
        let mut listening = None;
        wait_until("the port is free", async || {
            let socket = TcpSocket::new_v4().unwrap();
            socket.set_reuseaddr(true).unwrap();
            let bound = socket.bind(([127, 0, 0, 1], self.port).into());
            listening = bound.and_then(|()| socket.listen(64)).ok();
            listening.is_some()
        })
        .await;
        self.carry(listening.unwrap());
    }

    fn carry(&self, listener: TcpListener) {
        let (server, cut) = (self.server.clone(), self.cut.lock().unwrap().clone());
        tokio::spawn(async move {
            while let Some(Ok((mut near, _))) = cut.run_until_cancelled(listener.accept()).await {
                let (server, cut) = (server.clone(), cut.clone());
                tokio::spawn(async move {
                    let mut far = TcpStream::connect(server).await.unwrap();
                    let carrying = tokio::io::copy_bidirectional(&mut near, &mut far);
                    drop(cut.run_until_cancelled(carrying).await);
                });
            }
        });
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.cut();
    }
}
