//! The driver over the gate itself: the scanner's controllers with their
//! encrypted stores, each a device of a server that speaks the sync protocol.
//!
//! Always true: a gate learns what it knows by enrolling and exchanging, as in
//! life, and a scan that the scenario does not call online is decided without a
//! request to anybody. The window and the camera are not part of it: codes come as
//! text, a dialog as the search that staff make in it.

mod clock;
mod device;
mod gates;
mod hand;
mod in_process;
mod server;
mod stage;

pub(super) use clock::Steady;
pub(super) use gates::Gates;
pub(super) use hand::{Clocks, Hand, Hands, NotHere};
pub(super) use in_process::FRAME_MS;

use super::{Cell, Driver, Scenario, play};
use in_process::InProcess;
use tokio::runtime::Runtime;

/// The driver.
pub struct Gate {
    runtime: Runtime,
}

impl Gate {
    /// # Errors
    /// When the system gives no threads.
    pub fn new() -> anyhow::Result<Self> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build()?;
        Ok(Self { runtime })
    }
}

impl Driver for Gate {
    fn name(&self) -> &'static str {
        "gate"
    }

    fn run(&mut self, scenario: &Scenario) -> Cell {
        match Gates::new(&self.runtime, &InProcess, scenario) {
            Ok(mut stage) => play(scenario, self.name(), &mut stage),
            Err(error) => Cell::Wrong(format!("{error:#}")),
        }
    }
}
