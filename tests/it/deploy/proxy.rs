//! An NGINX with the routes of `deploy/nginx`, over stand-ins that say which
//! service they are and what they were asked.

use super::{root, text, tools};
use anyhow::{Context, Result, bail, ensure};
use gateline_tests::system::wait_until;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub(super) const ROUTED: [&str; 7] = [
    "auth", "events", "orders", "payments", "pricing", "tickets", "checkin",
];
/// What a client sends that wants an answer which goes on.
const GOES_ON: &str = "Accept: text/event-stream\r\n";
const PATIENCE: Duration = Duration::from_secs(20);

/// It ends when this is dropped.
pub(super) struct Proxy {
    process: Child,
    address: SocketAddr,
    _folder: TempDir,
}

impl Proxy {
    /// Starts it over one stand-in for each service but `gone`; before each of them
    /// stands an instance that is not there.
    pub(super) async fn start(gone: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let mut upstreams = String::new();
        for service in ROUTED {
            let dead = free_port()?;
            writeln!(upstreams, "upstream {service} {{ zone {service} 64k;")?;
            writeln!(
                upstreams,
                "server 127.0.0.1:{dead} max_fails=1 fail_timeout=1s;"
            )?;
            if service != gone {
                let alive = stand_in(service)?.port();
                writeln!(
                    upstreams,
                    "server 127.0.0.1:{alive} max_fails=1 fail_timeout=1s;"
                )?;
            }
            upstreams.push_str("keepalive 4; keepalive_timeout 20s; }\n");
        }
        std::fs::write(folder.path().join("upstreams.conf"), upstreams)?;
        let address = SocketAddr::from(([127, 0, 0, 1], free_port()?));
        let place = folder.path().to_string_lossy().into_owned();
        let configuration = text("deploy/nginx/local.conf.template")?
            .replace("@FOLDER@", &place)
            .replace("@CONFIG@", &root().join("deploy/nginx").to_string_lossy())
            .replace("@LISTEN@", &address.to_string());
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, configuration)?;
        let log = folder.path().join("start.log");
        let process = tools::installed("nginx")
            .arg("-c")
            .arg(&file)
            // Killed alone, a master would leave its workers.
            .args(["-g", "master_process off;", "-e"])
            .arg(&log)
            .stdin(Stdio::null())
            .spawn()
            .context("nginx is missing: run `cargo xtask setup`")?;
        let mut proxy = Self {
            process,
            address,
            _folder: folder,
        };
        wait_until("NGINX", PATIENCE, || {
            let ended = proxy.process.try_wait();
            let answers = TcpStream::connect(address).is_ok();
            let log = log.clone();
            async move {
                if let Some(status) = ended? {
                    let said = std::fs::read_to_string(log).unwrap_or_default();
                    bail!("nginx ended ({status}): {said}");
                }
                Ok(answers.then_some(()))
            }
        })
        .await?;
        Ok(proxy)
    }

    /// The service that answers a `GET` of this path, written just so; or the status.
    pub(super) fn service_of(&self, path: &str) -> Result<String> {
        let answer = self.ask("GET", path, "", b"")?;
        let service = answer.body.strip_prefix("service: ");
        Ok(match service.and_then(|rest| rest.lines().next()) {
            Some(service) => service.to_owned(),
            None => answer.status.to_string(),
        })
    }

    /// What it answers.
    pub(super) fn ask(&self, method: &str, path: &str, head: &str, body: &[u8]) -> Result<Answer> {
        let mut stream = self.send(method, path, head, body)?;
        let mut bytes = Vec::new();
        // Refused while it is sent, a body may break the connection off.
        let _broken = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let (head, body) = text
            .split_once("\r\n\r\n")
            .with_context(|| format!("{method} {path}: no answer but {text:?}"))?;
        let status = head.split(' ').nth(1).context("no status")?.parse()?;
        Ok(Answer {
            status,
            head: head.to_lowercase(),
            body: body.to_owned(),
        })
    }

    /// Waits until the answer, which goes on, has this in it.
    pub(super) fn hears(&self, path: &str, wanted: &str) -> Result<()> {
        let mut stream = self.send("GET", path, GOES_ON, b"")?;
        let mut heard = Vec::new();
        let mut piece = [0; 1024];
        loop {
            let length = stream.read(&mut piece).with_context(|| {
                format!("{path}: only {:?} came", String::from_utf8_lossy(&heard))
            })?;
            ensure!(length > 0, "{path}: the answer ended");
            heard.extend_from_slice(&piece[..length]);
            if String::from_utf8_lossy(&heard).contains(wanted) {
                return Ok(());
            }
        }
    }

    fn send(&self, method: &str, path: &str, head: &str, body: &[u8]) -> Result<TcpStream> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: gateline.example.org\r\nConnection: close\r\n\
             Content-Length: {length}\r\n{head}\r\n"
        )?;
        // It may be refused before it is read.
        let _refused = stream.write_all(body);
        Ok(stream)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ended = self.process.kill();
        let _status = self.process.wait();
    }
}

/// An answer; names of headers in small letters.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) head: String,
    pub(super) body: String,
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

/// Answers as `service` as long as the test runs.
fn stand_in(service: &'static str) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || answer(service, stream));
        }
    });
    Ok(address)
}

/// Says who was asked and for what; an answer that goes on says one thing and
/// stays open until the client has had enough.
fn answer(service: &str, mut stream: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut asked = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        if let Some(bytes) = line.strip_prefix("Content-Length: ") {
            length = bytes.parse().ok()?;
        }
        asked.push_str(line);
        asked.push('\n');
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok()?;
    if asked.contains(GOES_ON.trim_end()) {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
                    Transfer-Encoding: chunked\r\n\r\n";
        write!(stream, "{head}9\r\ndata: 1\n\n\r\n").ok()?;
        return stream.read(&mut [0]).ok().map(|_| ());
    }
    let body = format!("service: {service}\n{asked}");
    let length = body.len();
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}");
    write!(stream, "{head}\r\n\r\n{body}").ok()
}
