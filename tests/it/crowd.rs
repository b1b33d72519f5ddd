//! Thousands of connections of which nobody asks anything, while others are
//! served.

use anyhow::{Context, Result, ensure};
use futures::stream::{self, StreamExt};
use gateline_tests::system::{Backend, BackendOptions, Binaries};
use tokio::net::TcpStream;

const IDLE: usize = 5_000;
/// Files that this process needs besides.
const SPARE: u64 = 256;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_thousand_idle_connections_keep_nobody_out() -> Result<()> {
    let files = rlimit::increase_nofile_limit(u64::MAX)?;
    ensure!(
        files >= IDLE as u64 + SPARE,
        "this machine allows {files} open files; the test needs {}",
        IDLE as u64 + SPARE
    );
    let folder = tempfile::tempdir()?;
    let binaries = Binaries::of_this_build()?;
    // They may be idle for longer than the test takes.
    let arguments = ["--connection-idle-seconds", "600"];
    let options = BackendOptions {
        arguments: arguments.map(str::to_owned).to_vec(),
        ..BackendOptions::default()
    };
    let backend = Backend::start(&binaries, &folder.path().join("backend"), options).await?;
    let url = backend.url();
    let (_, address) = url.split_once("://").context("an address")?;
    let idle: Vec<TcpStream> = stream::iter(0..IDLE)
        .map(|_| TcpStream::connect(address))
        .buffer_unordered(64)
        .collect::<Vec<_>>()
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;
    // Each on a connection of its own, behind all of the idle ones.
    for n in 0..20 {
        let mut guest = backend.api()?;
        let name = format!("Guest {n}");
        guest
            .sign_up(&name, &format!("guest{n}@mail.example"))
            .await?;
        let account = guest.get("/api/users/currentuser").await?;
        assert_eq!(account["name"], name);
    }
    let open = idle.iter().filter(|stream| !is_closed(stream)).count();
    assert_eq!(open, IDLE, "the idle ones are still there");
    Ok(())
}

fn is_closed(stream: &TcpStream) -> bool {
    // Nothing was asked, so there is nothing to read but the end.
    matches!(stream.try_read(&mut [0; 1]), Ok(0))
}
