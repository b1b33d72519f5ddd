//! What a driver implements.

use super::{Code, World, file};
use gateline_admission::Report;
use gateline_common::Timestamp;
use gateline_common::decision::{Answer, Direction};
use gateline_common::ids::{DeviceId, GateId, Serial};

pub use super::file::Online;

/// Where, when and how a step takes place.
#[derive(Debug, Clone)]
pub struct Scene {
    /// When, by a right clock.
    pub at: Timestamp,
    /// How far the device's clock is ahead, milliseconds.
    pub clock_ahead_ms: i64,
    /// The device's name.
    pub device: String,
    /// The gate that it is set to.
    pub gate: Option<GateId>,
    /// Which way the guest goes.
    pub direction: Direction,
    /// Does it reach the server?
    pub online: Online,
}

/// Why a verb gave no answer.
#[derive(Debug)]
pub enum StageError {
    /// The driver has nothing that this could be done to, for this reason.
    CannotApply(&'static str),
    /// An override is not accepted: `forbidden`, `not_waivable`, `no_reason`,
    /// `no_pin`.
    NotAccepted(&'static str),
    /// An exchange with the server failed, as a step may expect.
    SyncFailed(String),
    /// It went wrong.
    Failed(anyhow::Error),
}

impl<E: Into<anyhow::Error>> From<E> for StageError {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// What was shown after a scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The answer.
    pub answer: Answer,
    /// Did the server confirm it?
    pub confirmed: bool,
    /// The attention note that was shown.
    pub note: Option<String>,
}

type Done<T> = Result<T, StageError>;

/// One run of one scenario. Each verb says what was shown; a driver that has
/// nothing that a verb could be done to says why.
pub trait Stage {
    /// The id of the device with this name (of its latest enrolment).
    fn device_id(&mut self, name: &str) -> Done<DeviceId>;

    /// Every id that the device with this name has had, the latest last.
    fn device_ids(&mut self, name: &str) -> Done<Vec<DeviceId>> {
        Ok(vec![self.device_id(name)?])
    }

    /// A code is scanned.
    fn scan(&mut self, scene: &Scene, code: &Code) -> Done<Shown>;

    /// A code is looked up; nothing is logged.
    fn info(&mut self, _: &Scene, _: &Code) -> Done<Shown> {
        Err(StageError::CannotApply(
            "it has no look-up that burns nothing",
        ))
    }

    /// A code is in so many frames of the camera, then in none. `None` if
    /// nothing was shown for it.
    fn hold(&mut self, _: &Scene, _: &Code, _frames: u32) -> Done<Option<Shown>> {
        Err(StageError::CannotApply(
            "it has no camera: the gate's controller tells frames from scans",
        ))
    }

    /// A ticket is admitted from a search result.
    fn admit(&mut self, scene: &Scene, serial: Serial) -> Done<Shown>;

    /// The last refusal at the device is overridden.
    fn override_last(&mut self, scene: &Scene, given: &file::Override) -> Done<Shown>;

    /// The last scan at the device is taken back.
    fn undo(&mut self, scene: &Scene) -> Done<()>;

    /// Searches the device's list; the serials found, in any order.
    fn search(&mut self, _: &Scene, _text: &str) -> Done<Vec<Serial>> {
        Err(StageError::CannotApply(
            "it has no list to search: that is the gate's store",
        ))
    }

    /// The device exchanges with the server.
    fn sync(&mut self, scene: &Scene, how: file::Sync) -> Done<()>;

    /// Something changes at the server; devices learn it at their next exchange.
    fn change(&mut self, at: Timestamp, change: &file::Change) -> Done<()>;

    /// The organizer revokes the device.
    fn revoke(&mut self, _: &Scene) -> Done<()> {
        Err(StageError::CannotApply("it has no enrolments"))
    }

    /// The device loses its store and is enrolled again.
    fn wipe(&mut self, _: &Scene) -> Done<()> {
        Err(StageError::CannotApply("it has no store to lose"))
    }

    /// The device's store is copied.
    fn copy(&mut self, _: &Scene) -> Done<()> {
        Err(StageError::CannotApply("it has no store to copy"))
    }

    /// The copy takes the store's place.
    fn restore(&mut self, _: &Scene) -> Done<()> {
        Err(StageError::CannotApply("it has no store to restore"))
    }

    /// A dialog opens or closes over the picture.
    fn dialog(&mut self, _: &Scene, _open: bool) -> Done<()> {
        Err(StageError::CannotApply(
            "it has no camera and no window in which a dialog could open",
        ))
    }

    /// Something is wrong between device and server from here on.
    fn fault(&mut self, _: &Scene, _: file::Fault) -> Done<()> {
        Err(StageError::CannotApply("it has no network that could fail"))
    }

    /// Scan records in the device's log (its latest enrolment's).
    fn logged(&mut self, device: &str) -> Done<u64>;

    /// The organizer's report over all that reached the server.
    fn report(&mut self) -> Done<Report>;

    /// The world that this stage was set for.
    fn world(&self) -> &World;
}
