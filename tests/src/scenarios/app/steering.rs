//! The line to the program that opened a window for the scenarios: its clocks,
//! its store and its camera (`scanner-app/src-tauri/examples/steered.rs`).

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Where a program is awaited.
pub(super) struct Awaited(TcpListener);

impl Awaited {
    pub(super) fn here() -> Result<Self> {
        Ok(Self(TcpListener::bind("127.0.0.1:0")?))
    }

    pub(super) fn address(&self) -> Result<SocketAddr> {
        Ok(self.0.local_addr()?)
    }

    /// The program's connection; its window is open already.
    pub(super) fn meet(self) -> Result<Steering> {
        let (program, _) = self.0.accept()?;
        program.set_nodelay(true)?;
        Ok(Steering(Mutex::new(BufReader::new(program))))
    }
}

/// Gives orders, one after the other.
pub(super) struct Steering(Mutex<BufReader<TcpStream>>);

impl Steering {
    pub(super) fn clock(&self, wall_ms: i64, steady_ms: u64) -> Result<()> {
        self.order(&json!({"do": "clock", "wall_ms": wall_ms, "steady_ms": steady_ms}))
    }

    pub(super) fn open(&self, store: &Path, confirm_ms: u64) -> Result<()> {
        self.order(&json!({"do": "open", "store": store, "confirm_ms": confirm_ms}))
    }

    /// Returns when the window has read the frame.
    pub(super) fn frame(&self, code: &str) -> Result<()> {
        self.order(&json!({"do": "frame", "code": code}))
    }

    pub(super) fn status(&self) -> Result<()> {
        self.order(&json!({"do": "status"}))
    }

    fn order(&self, order: &Value) -> Result<()> {
        let mut program = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let line = format!("{order}\n");
        program.get_mut().write_all(line.as_bytes())?;
        let mut answer = String::new();
        program.read_line(&mut answer)?;
        match serde_json::from_str(&answer).context("the window's program has ended")? {
            Value::Null => Ok(()),
            error => bail!("the window's program: {error}"),
        }
    }
}
