//! A gate held by its controller: no window, no camera. Codes come as text, a
//! dialog is the search that staff make in it.

use super::clock::{GateClock, Steady};
use super::hand::{Clocks, Hand, Hands};
use crate::scenarios::EVENT;
use anyhow::Result;
use gateline_common::Timestamp;
use gateline_common::decision::Direction;
use gateline_common::ids::{DeviceId, GateId, Serial};
use gateline_scanner::controller::{
    Controller, GuiIntegration, InfoShown, ScanShown, Settings, StatusLine, SyncSummary,
};
use std::path::Path;
use std::sync::Arc;

/// Time between two frames of a camera.
pub(in crate::scenarios) const FRAME_MS: u64 = 33;

/// Looks at nothing: what is shown comes back from each call, too.
pub(super) struct Blind;

impl GuiIntegration for Blind {
    fn shown(&self, _: &ScanShown) {}
    fn status(&self, _: &StatusLine) {}
}

/// Opens controllers.
pub(super) struct InProcess;

pub(super) struct Controlled {
    controller: Arc<Controller<Blind>>,
    clock: Arc<GateClock>,
    steady: Arc<Steady>,
}

impl Hands for InProcess {
    type Hand = Controlled;

    async fn open(
        &self,
        _: &str,
        store: &Path,
        settings: &Settings,
        clocks: Clocks,
    ) -> Result<Controlled> {
        let steady = clocks.steady;
        let clock = Arc::new(GateClock::new(clocks.wall, Arc::clone(&steady)));
        let (settings, times) = (settings.clone(), Arc::clone(&clock) as _);
        let controller = Controller::open_with_clock(store, settings, Blind, times).await?;
        Ok(Controlled {
            controller,
            clock,
            steady,
        })
    }
}

impl Hand for Controlled {
    fn set_clock(&self, wall: Timestamp) -> Result<()> {
        self.clock.set(wall);
        Ok(())
    }

    async fn enrol(&self, code: &str, name: &str) -> Result<DeviceId> {
        Ok(self.controller.enrol(code, name).await?.device)
    }

    async fn choose(&self, gate: Option<GateId>, direction: Direction) -> Result<()> {
        self.controller.choose(EVENT, gate, direction).await?;
        Ok(())
    }

    async fn status(&self) -> Result<StatusLine> {
        Ok(self.controller.status().await?)
    }

    async fn sync(&self) -> Result<SyncSummary> {
        Ok(self.controller.sync_now().await?)
    }

    async fn scan(&self, text: &str) -> Result<ScanShown> {
        Ok(self.controller.scan_text(text).await?)
    }

    async fn info(&self, text: &str) -> Result<InfoShown> {
        Ok(self.controller.info(text).await?)
    }

    async fn hold(&self, text: &str, frames: u32) -> Result<Vec<ScanShown>> {
        let texts = [text.to_owned()];
        let mut shown = Vec::new();
        for _ in 0..frames {
            shown.extend(self.controller.scan_codes(&texts).await?);
            self.steady.pass_ms(FRAME_MS);
        }
        Ok(shown)
    }

    async fn admit(&self, serial: Serial) -> Result<ScanShown> {
        Ok(self.controller.admit_listed(serial).await?)
    }

    async fn override_last(&self, reason: &str, pin: Option<&str>) -> Result<ScanShown> {
        Ok(self.controller.override_last(reason, pin).await?)
    }

    async fn undo(&self) -> Result<()> {
        self.controller.undo_last().await?;
        Ok(())
    }

    async fn search(&self, text: &str) -> Result<Vec<Serial>> {
        let found = self.controller.search(text).await?;
        Ok(found.into_iter().map(|found| found.ticket.serial).collect())
    }

    async fn dialog(&self, open: bool) -> Result<()> {
        if open {
            // What staff do in one: the results stay on the screen.
            self.controller.search("ann").await?;
        }
        Ok(())
    }

    async fn close(self) -> Result<()> {
        self.controller.close(None).await?;
        Ok(())
    }
}
