//! The driver over the real server: its check-in endpoints over HTTP, with
//! devices that enrol, chain and sign their logs.
//!
//! Each scenario is played twice, each time before a fresh server:
//! 1. *Asked*: the devices know nothing and ask about everything that they see
//!    with an admission, so that what is compared is the server's own decision.
//!    What a scenario says under `not_on.server` is about this play.
//! 2. *Told*: the devices decide by `admission`, offline where the scenario says
//!    so, and the server sees their logs. What it tells other devices and its
//!    report are compared.
//!
//! Always true: other services' facts reach check-in as in life, as events on
//! the bus; everything else goes over HTTP. A cell matched if at least one play
//! applied and none went wrong.

mod facts;
mod house;
mod office;
mod wire;

use self::house::House;
use self::office::ServerOffice;
use super::admission::{Rules, Voice};
use super::{Cell, Driver, Scenario, play};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// The driver.
pub struct Server {
    runtime: Arc<Runtime>,
}

impl Server {
    /// # Errors
    /// When the system gives no threads.
    pub fn new() -> anyhow::Result<Self> {
        let mut runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = runtime.worker_threads(4).enable_all().build()?;
        Ok(Self {
            runtime: Arc::new(runtime),
        })
    }

    fn play(&self, scenario: &Scenario, voice: Voice) -> Cell {
        let opened = House::open(&self.runtime, &scenario.world)
            .and_then(|house| ServerOffice::open(house, &scenario.world));
        match opened {
            Ok(office) => {
                let mut stage = Rules::new(&scenario.world, office, voice);
                play(scenario, self.name(), &mut stage)
            }
            Err(error) => Cell::Wrong(format!("{error:#}")),
        }
    }
}

impl Driver for Server {
    fn name(&self) -> &'static str {
        "server"
    }

    fn run(&mut self, scenario: &Scenario) -> Cell {
        let mut asked = scenario.clone();
        asked.text.report = None;
        let mut told = scenario.clone();
        told.text.not_on.remove(self.name());
        // Without an exchange there is nothing of the server's in the second.
        let mut steps = scenario.text.steps.iter();
        let reaches = scenario.text.report.is_some() || steps.any(|step| step.sync.is_some());
        let this = &*self;
        let (asked, told) = std::thread::scope(|scope| {
            let told = scope.spawn(|| reaches.then(|| this.play(&told, Voice::Own)));
            let asked = match scenario.text.not_on.get(this.name()) {
                Some(reason) => Cell::CannotApply(reason.clone()),
                None => this.play(&asked, Voice::Server),
            };
            (asked, told.join())
        });
        match (asked, told) {
            (_, Err(_)) => Cell::Wrong("told, it panicked".into()),
            (Cell::Wrong(why), _) => Cell::Wrong(format!("asked, {why}")),
            (_, Ok(Some(Cell::Wrong(why)))) => Cell::Wrong(format!("told, {why}")),
            (_, Ok(Some(Cell::Matched))) => Cell::Matched,
            (asked, _) => asked,
        }
    }
}
