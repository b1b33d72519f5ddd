//! One gate: a hand over an encrypted store of its own.

use super::clock::Steady;
use super::hand::{Clocks, Hand, Hands};
use crate::scenarios::Scene;
use anyhow::Result;
use gateline_common::Timestamp;
use gateline_scanner::controller::{ControllerError, ControllerErrorCode, Settings};
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

pub(super) struct Device<H> {
    pub(super) hand: H,
    name: String,
    settings: Settings,
    store: TempDir,
}

impl<H: Hand> Device<H> {
    pub(super) async fn open(
        hands: &impl Hands<Hand = H>,
        name: &str,
        store: TempDir,
        settings: Settings,
        at: Timestamp,
        steady: Arc<Steady>,
    ) -> Result<Self> {
        let clocks = Clocks { wall: at, steady };
        Ok(Self {
            hand: hands.open(name, store.path(), &settings, clocks).await?,
            name: name.to_owned(),
            settings,
            store,
        })
    }

    /// The same gate over another store; this one's ends.
    pub(super) async fn over(
        self,
        hands: &impl Hands<Hand = H>,
        store: TempDir,
        at: Timestamp,
        steady: Arc<Steady>,
    ) -> Result<Self> {
        self.hand.close().await?;
        Self::open(hands, &self.name, store, self.settings, at, steady).await
    }

    /// A copy of the store's files, as a thief or a backup takes them.
    pub(super) fn copy_of_store(&self) -> Result<TempDir> {
        copy_of(self.store.path())
    }

    /// The device's clock says what the scene says.
    pub(super) fn set_clock(&self, scene: &Scene) -> Result<()> {
        self.hand.set_clock(scene.at.plus_ms(scene.clock_ahead_ms))
    }

    /// Sets clock, gate and direction.
    pub(super) async fn stand(&self, scene: &Scene) -> Result<()> {
        self.set_clock(scene)?;
        match self.hand.choose(scene.gate, scene.direction).await {
            // It scans no more, and says so when it is asked to.
            Err(error) if code_of(&error) == Some(ControllerErrorCode::Revoked) => Ok(()),
            other => other,
        }
    }
}

/// Why the gate refused to do something, if that is what went wrong.
pub(super) fn code_of(error: &anyhow::Error) -> Option<ControllerErrorCode> {
    let error: &ControllerError = error.downcast_ref()?;
    Some(error.code)
}

pub(super) fn copy_of(store: &Path) -> Result<TempDir> {
    let copy = tempfile::tempdir()?;
    for file in std::fs::read_dir(store)? {
        let file = file?;
        std::fs::copy(file.path(), copy.path().join(file.file_name()))?;
    }
    Ok(copy)
}
