//! The driver over the app: its shipped screens in a real WebView on a virtual
//! display. Codes are typed as a hand scanner types them or held before the
//! camera, everything else is pressed and filled in as staff do it.
//!
//! Always true: an answer counts when the screen shows it, and the screen says
//! what the gate answered; only what a screen does not say (an answer's times
//! and places) is read from the gate. The server, the worlds and the clocks are
//! those of the `gate` driver. What happens in the background in life, the
//! exchange with the server, is asked for when a scenario says so.

mod hand;
mod hooks;
mod steering;
mod windows;

use self::windows::Windows;
use super::gate::Gates;
use super::{Cell, Driver, Scenario, play};
use tokio::runtime::Runtime;

/// The driver.
pub struct App {
    runtime: Runtime,
    windows: Windows,
}

impl App {
    /// # Errors
    /// When the system gives no threads and no display.
    pub fn new() -> anyhow::Result<Self> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(2).enable_all().build()?;
        Ok(Self {
            runtime,
            windows: Windows::new()?,
        })
    }
}

impl Driver for App {
    fn name(&self) -> &'static str {
        "app"
    }

    fn run(&mut self, scenario: &Scenario) -> Cell {
        match Gates::new(&self.runtime, &self.windows, scenario) {
            Ok(mut stage) => play(scenario, self.name(), &mut stage),
            Err(error) => Cell::Wrong(format!("{error:#}")),
        }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.runtime.block_on(self.windows.close());
    }
}
