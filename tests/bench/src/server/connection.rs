//! One connection that is kept, for requests that are bytes already. It reads of
//! HTTP what this server answers, and nothing more.

use anyhow::{Context as _, Result, bail, ensure};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const FIRST_BUFFER: usize = 16 << 10;
const LONGEST_HEAD: usize = 64 << 10;

/// A connection.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What was answered.
pub(super) struct Answer<'a> {
    /// The HTTP status.
    pub(super) status: u16,
    /// The body.
    pub(super) body: &'a [u8],
}

impl Connection {
    /// Connects.
    pub(super) async fn to(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(FIRST_BUFFER),
        })
    }

    /// Sends a whole request and reads the whole answer.
    pub(super) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        let head = loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            ensure!(self.buffer.len() < LONGEST_HEAD, "an endless head");
            self.read_more().await?;
        };
        let (status, length) = status_and_length(&self.buffer[..head])?;
        self.buffer
            .reserve((head + length).saturating_sub(self.buffer.len()));
        while self.buffer.len() < head + length {
            self.read_more().await?;
        }
        Ok(Answer {
            status,
            body: &self.buffer[head..head + length],
        })
    }

    /// The same; anything but a success is an error.
    pub(super) async fn succeed(&mut self, request: &[u8]) -> Result<&[u8]> {
        let Answer { status, body } = self.exchange(request).await?;
        if !(200..300).contains(&status) {
            bail!("answered {status}: {}", String::from_utf8_lossy(body));
        }
        Ok(body)
    }

    async fn read_more(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(read > 0, "the server closed the connection");
        Ok(())
    }
}

fn status_and_length(head: &[u8]) -> Result<(u16, usize)> {
    let text = std::str::from_utf8(head).context("a head that is no text")?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1));
    let status = status.context("no status")?.parse()?;
    for line in lines {
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            return Ok((status, value.trim().parse()?));
        }
    }
    bail!("an answer of unknown length: {text}")
}

/// A request as it goes over the wire. `token` is a bearer token, `headers` are
/// whole lines without their ends.
pub(super) fn request(
    method: &str,
    path: &str,
    token: Option<&str>,
    headers: &[String],
    body: &[u8],
) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: gateline\r\n");
    if let Some(token) = token {
        head += &format!("authorization: Bearer {token}\r\n");
    }
    for header in headers {
        head += &format!("{header}\r\n");
    }
    if method != "GET" {
        head += &format!("content-length: {}\r\n", body.len());
    }
    head += "\r\n";
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The line that says that a body is JSON.
pub(super) fn json() -> String {
    "content-type: application/json".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn status_and_length_are_read_whatever_the_case_of_names() {
        let head = b"HTTP/1.1 201 Created\r\nX-a: 1\r\nContent-Length: 12\r\n\r\n";
        assert_eq!(status_and_length(head).unwrap(), (201, 12));
        assert!(status_and_length(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
    }
}
