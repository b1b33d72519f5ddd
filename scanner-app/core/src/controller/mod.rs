//! The controller: from a scanned text to the answer on the screen.
//!
//! Always true: what is shown is on disk before (I8); a refusal never waits for
//! the network (I9). The controller knows no window and no terminal; it tells
//! its [`GuiIntegration`], and it is driven by method calls.

mod error;
mod shown;

pub use error::{ControllerError, ControllerErrorCode};
pub use shown::{
    Chosen, Confirmation, Enrolled, EventShown, GateShown, GuiIntegration, InfoShown, Link,
    ListShown, OverrideNeeds, PassageShown, Preview, ScanShown, StatusLine, SyncSummary,
    TicketFound, TicketShown, Trouble, UndoShown,
};

use gateline_common::decision::Direction;
use gateline_common::ids::{EventId, GateId, Serial};
use std::path::Path;
use std::sync::Arc;

/// How the controller behaves where the event does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// How long an admission waits for the server, milliseconds.
    pub confirm_ms: u64,
    /// The same code within so many milliseconds at the camera is one scan.
    pub same_code_ms: u64,
    /// Admissions are confirmed while the last contact is younger than this,
    /// milliseconds.
    pub contact_ms: u64,
    /// Time between two polls when the push channel is silent, milliseconds.
    pub poll_ms: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            confirm_ms: 250,
            same_code_ms: 5_000,
            contact_ms: 10_000,
            poll_ms: 5_000,
        }
    }
}

/// The gate. Cheap to share (`Arc`); every method may be called at any time.
pub struct Controller<I: GuiIntegration> {
    gui: I,
    settings: Settings,
}

type Answered<T> = Result<T, ControllerError>;

impl<I: GuiIntegration> Controller<I> {
    /// Opens the store in `dir`, or makes one.
    ///
    /// # Errors
    /// `Store` when it is damaged, of another key, or cannot be written.
    pub async fn open(_dir: &Path, settings: Settings, gui: I) -> Answered<Arc<Self>> {
        Ok(Arc::new(Self { gui, settings }))
    }

    /// Syncs in the background until [`Controller::close`].
    pub fn start_sync(self: &Arc<Self>) {}

    /// Ends the background work; with `final_sync_ms` after one last exchange
    /// that takes at most so long.
    ///
    /// # Errors
    /// `Sync` when that exchange failed. Nothing is lost then.
    pub async fn close(&self, _final_sync_ms: Option<u64>) -> Answered<Option<SyncSummary>> {
        self.not_yet()
    }

    /// Enrols this device with the organizer's one-time code.
    pub async fn enrol(&self, _code_text: &str, _name: &str) -> Answered<Enrolled> {
        self.not_yet()
    }

    /// The events that the gate can be set to.
    pub async fn events(&self) -> Answered<Vec<EventShown>> {
        self.not_yet()
    }

    /// Sets the gate to an event, a gate of it and a direction. Kept in the store.
    pub async fn choose(
        &self,
        _event: EventId,
        _gate: Option<GateId>,
        _direction: Direction,
    ) -> Answered<Chosen> {
        self.not_yet()
    }

    /// Scans what a hand scanner typed.
    pub async fn scan_text(&self, _text: &str) -> Answered<ScanShown> {
        self.not_yet()
    }

    /// Scans what the camera read in one frame. The same code in frame after
    /// frame is one scan; foreign codes beside one of ours are ignored.
    pub async fn scan_codes(&self, _texts: &[String]) -> Answered<Vec<ScanShown>> {
        self.not_yet()
    }

    /// Shows what a scan would answer. Burns nothing, logs nothing.
    pub async fn info(&self, _text: &str) -> Answered<InfoShown> {
        self.not_yet()
    }

    /// Takes the last scan back; the log keeps both.
    pub async fn undo_last(&self) -> Answered<UndoShown> {
        self.not_yet()
    }

    /// Waives the refusal of the last scan and decides again.
    pub async fn override_last(&self, _reason: &str, _pin: Option<&str>) -> Answered<ScanShown> {
        self.not_yet()
    }

    /// Searches the chosen event's list by name, serial or order code.
    pub async fn search(&self, _text: &str) -> Answered<Vec<TicketFound>> {
        self.not_yet()
    }

    /// Admits a ticket from a search result: no code was verified, and the log
    /// says so.
    pub async fn admit_listed(&self, _serial: Serial) -> Answered<ScanShown> {
        self.not_yet()
    }

    /// The status line.
    pub async fn status(&self) -> Answered<StatusLine> {
        self.not_yet()
    }

    /// Exchanges everything with the server now.
    pub async fn sync_now(&self) -> Answered<SyncSummary> {
        self.not_yet()
    }

    fn not_yet<T>(&self) -> Answered<T> {
        let _ = (&self.gui, &self.settings);
        Err(ControllerError::new(ControllerErrorCode::Closed, "the gate is not open"))
    }
}
