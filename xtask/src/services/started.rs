//! A server that was just started, until it answers.

use super::pause;
use super::state::Server;
use crate::supervise::Supervised;
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

const TO_START: Duration = Duration::from_secs(120);

/// How long a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Until its guard is dropped or xtask is gone.
    UntilDropped,
    /// Until `services down`.
    AfterXtask,
}

/// The process groups of one server.
pub(super) struct Started {
    server: Server,
    processes: Vec<Supervised>,
    log: PathBuf,
    answers: Answers,
}

/// Whether the server on a port answers.
pub(super) type Answers = Box<dyn Fn(u16) -> bool + Send>;

impl Started {
    /// Starts the commands, each in a group of its own, with their output in a file of
    /// `folder`.
    pub(super) fn start(
        name: &'static str,
        (url, port): (String, u16),
        commands: Vec<Command>,
        folder: &Path,
        keep: Keep,
        answers: Answers,
    ) -> Result<Self> {
        let log = folder.join("log");
        let file = File::create(&log)?;
        let mut processes = Vec::new();
        for mut command in commands {
            command
                .current_dir(folder)
                .stdin(std::process::Stdio::null())
                .stdout(file.try_clone()?)
                .stderr(file.try_clone()?);
            processes.push(match keep {
                Keep::UntilDropped => Supervised::start(command)?,
                Keep::AfterXtask => Supervised::start_and_leave(command)?,
            });
        }
        let server = Server {
            name: name.to_owned(),
            url,
            port,
            groups: processes.iter().map(Supervised::group).collect(),
        };
        Ok(Self {
            server,
            processes,
            log,
            answers,
        })
    }

    /// Where it is.
    pub(super) fn server(&self) -> Server {
        self.server.clone()
    }

    /// Waits until it answers.
    pub(super) fn wait_until_it_answers(&mut self) -> Result<()> {
        let begun = Instant::now();
        while !(self.answers)(self.server.port) {
            if begun.elapsed() > TO_START || self.processes.iter_mut().any(Supervised::has_ended) {
                let said = std::fs::read_to_string(&self.log).unwrap_or_default();
                let lines: Vec<&str> = said.lines().rev().take(20).collect();
                for line in lines.iter().rev() {
                    println!("  {line}");
                }
                bail!("{} did not start: {}", self.server.name, self.log.display());
            }
            pause(Duration::from_millis(100));
        }
        Ok(())
    }
}

/// It answers this with something that begins so.
pub(super) fn greeted(said: &'static [u8], expected: &'static [u8]) -> Answers {
    Box::new(move |port| {
        let greet = || -> std::io::Result<Vec<u8>> {
            let mut stream = connect(port)?;
            stream.write_all(said)?;
            let mut answer = vec![0; expected.len()];
            stream.read_exact(&mut answer)?;
            Ok(answer)
        };
        greet().is_ok_and(|answer| answer == expected)
    })
}

/// A connection to a port of the loopback address, which does not wait for ever.
pub(super) fn connect(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok(stream)
}

/// A port of the loopback address that nobody listens on.
pub(super) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("no free port")?;
    Ok(listener.local_addr()?.port())
}
