//! A gate that stays open: codes go in one by one, each answer comes back as a
//! line.

use super::ScanLine;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running `gateline-gate scan` with a hand scanner. Dropping it kills it.
#[derive(Debug)]
pub struct Lane {
    process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Lane {
    /// Starts `command`, which must read codes from standard input.
    ///
    /// # Errors
    /// When it cannot be started.
    pub(super) fn open(mut command: Command) -> Result<Self> {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot open the gate")?;
        let output = process.stdout.take().context("no standard output")?;
        let input = process.stdin.take();
        Ok(Self {
            process,
            input,
            output: BufReader::new(output),
        })
    }

    /// Scans `code` and waits for what is shown.
    ///
    /// # Errors
    /// When the gate ends or prints something else.
    pub fn show(&mut self, code: &str) -> Result<ScanLine> {
        let input = self.input.as_mut().context("the gate is closed")?;
        writeln!(input, "{code}")?;
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        let line = serde_json::from_str(&line).with_context(|| format!("no JSON: {line}"))?;
        Ok(ScanLine(line))
    }

    /// Ends the input and waits until the gate has ended.
    ///
    /// # Errors
    /// When it fails.
    pub fn close(mut self) -> Result<()> {
        drop(self.input.take());
        let status = self.process.wait()?;
        anyhow::ensure!(status.success(), "the gate ended with {status}");
        Ok(())
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
