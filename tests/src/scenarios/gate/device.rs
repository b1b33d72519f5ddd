//! One gate: the scanner's controller over an encrypted store of its own.

use super::clock::{GateClock, Steady};
use crate::scenarios::{EVENT, Scene};
use gateline_common::Timestamp;
use gateline_scanner::controller::{
    Controller, ControllerError, ControllerErrorCode, GuiIntegration, ScanShown, Settings,
    StatusLine,
};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// Looks at nothing: what is shown comes back from each call, too.
pub(super) struct Blind;

impl GuiIntegration for Blind {
    fn shown(&self, _: &ScanShown) {}
    fn status(&self, _: &StatusLine) {}
}

pub(super) struct Device {
    pub(super) controller: Arc<Controller<Blind>>,
    clock: Arc<GateClock>,
    settings: Settings,
    store: TempDir,
}

impl Device {
    pub(super) async fn open(
        store: TempDir,
        settings: Settings,
        at: Timestamp,
        steady: Arc<Steady>,
    ) -> anyhow::Result<Self> {
        let clock = Arc::new(GateClock::new(at, steady));
        let controller = Controller::open_with_clock(
            store.path(),
            settings.clone(),
            Blind,
            Arc::clone(&clock) as _,
        );
        Ok(Self {
            controller: controller.await?,
            clock,
            settings,
            store,
        })
    }

    /// The same gate over another store; this one's ends.
    pub(super) async fn over(
        self,
        store: TempDir,
        at: Timestamp,
        steady: Arc<Steady>,
    ) -> anyhow::Result<Self> {
        self.controller.close(None).await?;
        Self::open(store, self.settings.clone(), at, steady).await
    }

    /// A copy of the store's files, as a thief or a backup takes them.
    pub(super) fn copy_of_store(&self) -> anyhow::Result<TempDir> {
        copy_of(self.store.path())
    }

    /// The device's clock says what the scene says.
    pub(super) fn set_clock(&self, scene: &Scene) {
        self.clock.set(scene.at.plus_ms(scene.clock_ahead_ms));
    }

    /// Sets clock, gate and direction.
    pub(super) async fn stand(&self, scene: &Scene) -> Result<(), ControllerError> {
        self.set_clock(scene);
        let chosen = self.controller.choose(EVENT, scene.gate, scene.direction);
        match chosen.await {
            // It scans no more, and says so when it is asked to.
            Err(error) if error.code == ControllerErrorCode::Revoked => Ok(()),
            other => other.map(drop),
        }
    }
}

pub(super) fn copy_of(store: &Path) -> anyhow::Result<TempDir> {
    let copy = tempfile::tempdir()?;
    for file in std::fs::read_dir(store)? {
        let file = file?;
        std::fs::copy(file.path(), copy.path().join(file.file_name()))?;
    }
    Ok(copy)
}
