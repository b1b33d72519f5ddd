//! One server: started, killed, and started again where it was.

use super::Supervised;
use anyhow::{Result, bail};
use std::fs::File;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const TO_START: Duration = Duration::from_secs(120);

/// How long a server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Until it is dropped or this program is gone.
    UntilDropped,
    /// Until somebody ends its process groups.
    AfterThisProgram,
}

/// A server and its process groups.
#[derive(Debug)]
pub struct Server {
    /// `rabbitmq`, `redis` or `mongodb`.
    pub name: &'static str,
    /// Where clients find it.
    pub url: String,
    /// Its port on the loopback address.
    pub port: u16,
    commands: Vec<Command>,
    folder: PathBuf,
    keep: Keep,
    processes: Vec<Supervised>,
    answers: Answers,
}

/// Whether the server on a port answers.
pub(super) type Answers = fn(u16) -> bool;

impl Server {
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
        let mut server = Self {
            name,
            url,
            port,
            commands,
            folder: folder.to_owned(),
            keep,
            processes: Vec::new(),
            answers,
        };
        server.begin()?;
        Ok(server)
    }

    /// Starts it where it was, unless it runs. It answers a while later.
    ///
    /// # Errors
    /// When there is no such program.
    pub fn begin(&mut self) -> Result<()> {
        if !self.processes.is_empty() {
            return Ok(());
        }
        let log = File::options().create(true).append(true).open(self.log())?;
        for command in &self.commands {
            let mut again = Command::new(command.get_program());
            again.args(command.get_args());
            for (name, value) in command.get_envs() {
                again.env(name, value.unwrap_or_default());
            }
            again
                .current_dir(&self.folder)
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log.try_clone()?);
            self.processes.push(match self.keep {
                Keep::UntilDropped => Supervised::start(again)?,
                Keep::AfterThisProgram => Supervised::start_and_leave(again)?,
            });
        }
        Ok(())
    }

    /// SIGKILL to all of it: no chance to write or say anything.
    pub fn kill(&mut self) {
        self.processes.clear();
    }

    /// Its process groups.
    #[must_use]
    pub fn groups(&self) -> Vec<u32> {
        self.processes.iter().map(Supervised::group).collect()
    }

    /// Waits until it answers.
    ///
    /// # Errors
    /// When it ends, or does not answer for long; with the end of its log.
    pub fn wait_until_it_answers(&mut self) -> Result<()> {
        let begun = Instant::now();
        while !(self.answers)(self.port) {
            if begun.elapsed() > TO_START || self.processes.iter_mut().any(Supervised::has_ended) {
                let said = std::fs::read_to_string(self.log()).unwrap_or_default();
                let lines: Vec<&str> = said.lines().rev().take(20).collect();
                let last: Vec<&str> = lines.into_iter().rev().collect();
                bail!("{} did not start:\n{}", self.name, last.join("\n"));
            }
            pause();
        }
        Ok(())
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }
}

/// Does the server on `port` answer `said` with something that begins so?
pub(super) fn greets(port: u16, said: &[u8], expected: &[u8]) -> bool {
    let greet = || -> std::io::Result<Vec<u8>> {
        let mut stream = connect(port)?;
        stream.write_all(said)?;
        let mut answer = vec![0; expected.len()];
        stream.read_exact(&mut answer)?;
        Ok(answer)
    };
    greet().is_ok_and(|answer| answer == expected)
}

/// A connection to a port of the loopback address, which does not wait for ever.
pub(super) fn connect(port: u16) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok(stream)
}

/// Waits before it is looked again: a server says to nobody when it is ready.
#[expect(
    clippy::disallowed_methods,
    reason = "only between two looks at a condition with a deadline"
)]
fn pause() {
    std::thread::sleep(Duration::from_millis(100));
}
