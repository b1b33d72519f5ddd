//! What a gate is to a scenario: what staff do with it, and what it shows them.
//! The scenarios' gates are held by one of two hands: a controller in this
//! process, or a window of the app.

use super::clock::Steady;
use anyhow::Result;
use gateline_common::Timestamp;
use gateline_common::decision::Direction;
use gateline_common::ids::{DeviceId, GateId, Serial};
use gateline_scanner::controller::{InfoShown, ScanShown, Settings, StatusLine, SyncSummary};
use std::path::Path;
use std::sync::Arc;

/// A gate's clocks when it is opened: what its wall clock says, and the steady
/// one that it shares.
pub(in crate::scenarios) struct Clocks {
    pub(in crate::scenarios) wall: Timestamp,
    pub(in crate::scenarios) steady: Arc<Steady>,
}

/// Opens gates.
pub(in crate::scenarios) trait Hands {
    type Hand: Hand;

    /// The gate called `name` over the store in this folder.
    async fn open(
        &self,
        name: &str,
        store: &Path,
        settings: &Settings,
        clocks: Clocks,
    ) -> Result<Self::Hand>;
}

/// What this hand cannot do to a gate, for this reason.
#[derive(Debug)]
pub(in crate::scenarios) struct NotHere(pub(in crate::scenarios) &'static str);

impl std::fmt::Display for NotHere {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for NotHere {}

/// An open gate. What it refuses to do is a `ControllerError`.
pub(in crate::scenarios) trait Hand {
    /// The device's own clock says this from now on.
    fn set_clock(&self, wall: Timestamp) -> Result<()>;
    async fn enrol(&self, code: &str, name: &str) -> Result<DeviceId>;
    /// Sets it to a gate of the scenario's event.
    async fn choose(&self, gate: Option<GateId>, direction: Direction) -> Result<()>;
    async fn status(&self) -> Result<StatusLine>;
    async fn sync(&self) -> Result<SyncSummary>;
    async fn scan(&self, text: &str) -> Result<ScanShown>;
    async fn info(&self, text: &str) -> Result<InfoShown>;
    /// The code is in so many frames of the camera; what was shown meanwhile.
    async fn hold(&self, text: &str, frames: u32) -> Result<Vec<ScanShown>>;
    async fn admit(&self, serial: Serial) -> Result<ScanShown>;
    async fn override_last(&self, reason: &str, pin: Option<&str>) -> Result<ScanShown>;
    async fn undo(&self) -> Result<()>;
    async fn search(&self, text: &str) -> Result<Vec<Serial>>;
    /// Opens a dialog over the picture, or closes it.
    async fn dialog(&self, open: bool) -> Result<()>;
    /// Nobody uses it any more.
    async fn close(self) -> Result<()>;
}
