//! A relay between a gate and the server that counts the bytes which come back.

use anyhow::Result;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const BUFFER: usize = 64 << 10;

/// A relay; it ends when it is dropped.
pub(super) struct Wire {
    address: SocketAddr,
    received: Arc<AtomicU64>,
    _tasks: JoinSet<()>,
}

impl Wire {
    /// Listens on a free loopback port and passes everything on to `server`.
    pub(super) async fn to(server: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let received = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&received);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut relays = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                let Ok(far) = TcpStream::connect(server).await else {
                    continue;
                };
                let (from_near, to_near) = near.into_split();
                let (from_far, to_far) = far.into_split();
                relays.spawn(pass(from_near, to_far, Arc::default()));
                relays.spawn(pass(from_far, to_near, Arc::clone(&counted)));
            }
        });
        Ok(Self {
            address,
            received,
            _tasks: tasks,
        })
    }

    /// The base URL that gates are told.
    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Bytes that came from the server so far.
    pub(super) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

/// Until one side closes, or is gone.
async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, counted: Arc<AtomicU64>) {
    let mut buffer = vec![0; BUFFER];
    while let Ok(read) = from.read(&mut buffer).await {
        if read == 0 || to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
        counted.fetch_add(read as u64, Ordering::Relaxed);
    }
    // The other side may have closed already.
    drop(to.shutdown().await);
}
