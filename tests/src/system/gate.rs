//! A gate: the shipped headless scanner with a store of its own.

use super::{Binaries, Lane};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// One gate.
#[derive(Debug, Clone)]
pub struct Gate {
    program: PathBuf,
    store: PathBuf,
    environment: Vec<(String, PathBuf)>,
    /// What staff call it.
    pub name: String,
}

/// What the gate printed for one scan.
#[derive(Debug, Clone)]
pub struct ScanLine(pub Value);

impl ScanLine {
    /// Was the guest let through?
    #[must_use]
    pub fn admitted(&self) -> bool {
        self.0["answer"].get("admit").is_some()
    }

    /// The refusal's reason.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        self.0["answer"]["refuse"]["reason"].as_str()
    }

    /// The ticket's serial.
    #[must_use]
    pub fn serial(&self) -> Option<&str> {
        self.0["ticket"]["serial"].as_str()
    }
}

impl Gate {
    /// A gate called `name` with its store in the folder `store`.
    ///
    /// # Errors
    /// When the binary has not been built.
    pub fn new(binaries: &Binaries, store: &Path, name: &str) -> Result<Self> {
        Ok(Self {
            program: binaries.path("gateline-gate")?,
            store: store.to_owned(),
            environment: Vec::new(),
            name: name.to_owned(),
        })
    }

    /// The same gate with more variables in its environment.
    #[must_use]
    pub fn with_environment(mut self, variables: Vec<(String, PathBuf)>) -> Self {
        self.environment = variables;
        self
    }

    /// Enrols with the organizer's one-time code.
    ///
    /// # Errors
    /// When the gate or the server refuses.
    pub fn enrol(&self, code: &str) -> Result<Vec<Value>> {
        self.run(&["enrol", code, "--name", &self.name])
    }

    /// Syncs once.
    ///
    /// # Errors
    /// When the gate cannot sync.
    pub fn sync(&self) -> Result<Vec<Value>> {
        self.run(&["sync"])
    }

    /// What it knows of itself.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn status(&self) -> Result<Value> {
        let lines = self.run(&["status"])?;
        lines.into_iter().next().context("status printed nothing")
    }

    /// Shows it the image files of `frames`, in order of their names.
    ///
    /// # Errors
    /// When the gate fails. Refused guests are no failure.
    pub fn scan_frames(&self, event: u64, gate: u64, frames: &Path) -> Result<Vec<ScanLine>> {
        let (event, gate) = (event.to_string(), gate.to_string());
        let frames = frames.to_string_lossy();
        let lines = self.run(&[
            "scan", "--event", &event, "--gate", &gate, "--frames", &frames,
        ])?;
        Ok(lines.into_iter().map(ScanLine).collect())
    }

    /// Types `codes` into it, one a line, as a hand scanner would.
    ///
    /// # Errors
    /// When the gate fails.
    pub fn scan_codes(&self, event: u64, gate: u64, codes: &[String]) -> Result<Vec<ScanLine>> {
        let (event, gate) = (event.to_string(), gate.to_string());
        let mut command = self.command(&["scan", "--event", &event, "--gate", &gate, "--stdin"]);
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let mut input = process.stdin.take().context("no standard input")?;
        for code in codes {
            writeln!(input, "{code}")?;
        }
        drop(input);
        let lines = self.lines("scan", &process.wait_with_output()?)?;
        Ok(lines.into_iter().map(ScanLine).collect())
    }

    /// Opens a lane with a hand scanner. An admission waits up to `confirm_ms`
    /// milliseconds for the server.
    ///
    /// # Errors
    /// When the gate cannot be started.
    pub fn open_lane(&self, event: u64, gate: u64, confirm_ms: u64) -> Result<Lane> {
        let (event, gate) = (event.to_string(), gate.to_string());
        let confirm = confirm_ms.to_string();
        Lane::open(self.command(&[
            "scan",
            "--event",
            &event,
            "--gate",
            &gate,
            "--stdin",
            "--confirm-ms",
            &confirm,
        ]))
    }

    /// Its program with these arguments, not started yet.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .envs(self.environment.clone())
            .arg("--store")
            .arg(&self.store)
            .args(arguments)
            .stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Result<Vec<Value>> {
        let output = self
            .command(arguments)
            .output()
            .context("cannot start the gate")?;
        self.lines(arguments[0], &output)
    }

    fn lines(&self, what: &str, output: &Output) -> Result<Vec<Value>> {
        let stdout = String::from_utf8_lossy(&output.stdout);
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            bail!("{} {what}: {}\n{stdout}{stderr}", self.name, output.status);
        }
        stdout
            .lines()
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_str(line).with_context(|| format!("no JSON: {line}")))
            .collect()
    }
}
