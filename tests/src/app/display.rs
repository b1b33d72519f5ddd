//! A virtual display (Xvfb) of a given size.

use anyhow::{Context, Result};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running Xvfb. Dropping it ends it.
#[derive(Debug)]
pub struct Display {
    process: Child,
    name: String,
}

impl Display {
    /// A display of `width` × `height` pixels with a free number.
    ///
    /// # Errors
    /// When Xvfb is not there or does not start.
    pub fn start(width: u32, height: u32) -> Result<Self> {
        let mut process = Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot start Xvfb: run `cargo xtask setup`")?;
        let output = process.stdout.take().context("Xvfb has no output")?;
        let mut number = String::new();
        // Guarded from here on: an error ends the process too.
        let mut display = Self {
            process,
            name: String::new(),
        };
        BufReader::new(output).read_line(&mut number)?;
        let number: u32 = number
            .trim()
            .parse()
            .context("Xvfb did not say which display it is")?;
        display.name = format!(":{number}");
        Ok(display)
    }

    /// What `DISPLAY` is set to for programs on it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        // Nothing is left to do when it has ended by itself.
        let _ended = self.process.kill();
        let _reaped = self.process.wait();
    }
}
