//! Asks a server on this machine whether it is ready, for containers whose image
//! has no other program that could.

use anyhow::{Context as _, bail};
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);
/// Status line and headers of any answer of ours fit in.
const MOST_BYTES: u64 = 4096;

/// Asks the server that listens on `listen`, over plain HTTP.
///
/// # Errors
/// When it cannot be reached, or is not ready.
pub fn ask_whether_ready(listen: SocketAddr) -> anyhow::Result<()> {
    let address = SocketAddr::new(here(listen.ip()), listen.port());
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)
        .with_context(|| format!("nobody answers on {address}"))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream
        .take(MOST_BYTES)
        .read_to_end(&mut answer)
        .with_context(|| format!("no answer from {address}"))?;
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.lines().next().unwrap_or_default();
    if status.split(' ').nth(1) != Some("200") {
        bail!("not ready: {status}");
    }
    Ok(())
}

/// Where who listens on `address` is reached from this machine.
const fn here(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(any) if any.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(any) if any.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;

    /// What is said of a server that answers so.
    fn said_of(answer: &'static str) -> Result<(), String> {
        let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let server = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 1024];
            let length = stream.read(&mut asked).unwrap();
            assert!(asked[..length].starts_with(b"GET /readyz "));
            stream.write_all(answer.as_bytes()).unwrap();
        });
        let said = ask_whether_ready(address).map_err(|error| format!("{error:#}"));
        server.join().unwrap();
        said
    }

    #[test]
    fn only_a_server_that_says_so_is_ready() {
        assert_eq!(said_of("HTTP/1.1 200 OK\r\n\r\nready\n"), Ok(()));
        let stopping = said_of("HTTP/1.1 503 Service Unavailable\r\n\r\n{}").unwrap_err();
        assert!(stopping.contains("503"), "{stopping}");
        assert!(said_of("").is_err());
        let gone = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
        let error = ask_whether_ready(gone).unwrap_err();
        assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
    }
}
