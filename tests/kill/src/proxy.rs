//! The line between one gate and the server: it can be cut, and it shows what the
//! gate is just asking for.

use crate::places::{Here, Place, Places};
use anyhow::Result;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

const CHUNK: usize = 16 << 10;

/// A gate's line.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    up: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Line {
    /// From a new address to the server at `to`.
    ///
    /// # Errors
    /// When no address is free.
    pub async fn open(to: SocketAddr, places: Places, gate: usize) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (up, is_up) = watch::channel(true);
        let task = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (places, is_up) = (places.clone(), is_up.clone());
                tokio::spawn(carry(near, to, places, gate, is_up));
            }
        });
        Ok(Self { address, up, task })
    }

    /// The server's address as the gate sees it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts the line, or mends it.
    pub fn set_up(&self, up: bool) {
        self.up.send_replace(up);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(
    near: TcpStream,
    to: SocketAddr,
    places: Places,
    gate: usize,
    mut is_up: watch::Receiver<bool>,
) {
    if !*is_up.borrow_and_update() {
        return;
    }
    let Ok(far) = TcpStream::connect(to).await else {
        return;
    };
    // Small requests must not wait for each other's acknowledgements.
    drop((near.set_nodelay(true), far.set_nodelay(true)));
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    let (asking, asked) = mpsc::channel(1);
    tokio::select! {
        () = requests(near_in, far_out, &asking, &places, gate) => {}
        () = answers(far_in, near_out, asked) => {}
        _ = is_up.wait_for(|up| !up) => {}
    }
}

async fn requests(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    asking: &mpsc::Sender<Here>,
    places: &Places,
    gate: usize,
) {
    let mut bytes = vec![0; CHUNK];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        let chunk = &bytes[..count];
        if let Some(place) = asked_for(chunk) {
            // Dropped at the first bytes of the answer, or with the connection.
            drop(asking.try_send(places.enter(place, Some(gate))));
        }
        if to.write_all(chunk).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut asked: mpsc::Receiver<Here>) {
    let mut bytes = vec![0; CHUNK];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
        // A full chunk of a list has more behind it.
        if count < CHUNK {
            drop(asked.try_recv());
        }
    }
}

fn asked_for(chunk: &[u8]) -> Option<Place> {
    let line = chunk.split(|byte| *byte == b'\r').next()?;
    let line = std::str::from_utf8(line).ok()?;
    [
        ("POST /api/checkin/device/scans", Place::Uploading),
        ("POST /api/checkin/device/confirm", Place::Confirming),
        ("POST /api/checkin/enrol", Place::Enrolling),
        ("GET /api/checkin/device/events", Place::SyncingList),
        ("GET /api/checkin/device/manifest", Place::SyncingList),
    ]
    .into_iter()
    .find_map(|(request, place)| line.starts_with(request).then_some(place))
}
