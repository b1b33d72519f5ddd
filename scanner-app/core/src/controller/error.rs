//! What the controller answers when it cannot do what it was asked: a code for
//! programs and a sentence for staff. Never a panic, never a half-done change.

use crate::store::StoreError;
use crate::sync::SyncError;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What went wrong, for programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ControllerErrorCode {
    /// The device has not been enrolled.
    NotEnrolled,
    /// The device is enrolled already; a new enrolment needs a new store.
    AlreadyEnrolled,
    /// The device was revoked and still holds records that the server has not
    /// receipted: a new enrolment would lose them.
    Unsent,
    /// The text is no enrolment code.
    NotAnEnrolmentCode,
    /// The server revoked this device: it scans no more.
    Revoked,
    /// No event was chosen.
    NoEvent,
    /// No gate was chosen, and the event has some.
    NoGate,
    /// There is no such event or gate in the manifest.
    UnknownPlace,
    /// The manifest or one of its rules cannot be used.
    BadManifest,
    /// There is no last scan to undo or override.
    NothingToUndo,
    /// The last scan was not refused, or is not there.
    NothingToOverride,
    /// The event forbids overrides, or this refusal cannot be waived.
    OverrideForbidden,
    /// An override needs a reason in words.
    ReasonMissing,
    /// A PIN is needed, and this is not it, or too many were wrong.
    WrongPin,
    /// The app is locked: nothing is scanned, shown or changed until it is unlocked.
    Locked,
    /// No PIN is set that would unlock the app.
    NoPin,
    /// What should be a PIN is not 4 to 12 digits.
    BadPin,
    /// A preference is out of its bounds; the message names it.
    OutOfBounds,
    /// No such ticket on the list.
    UnknownTicket,
    /// A newer search took the place of this one: its results are not wanted.
    Superseded,
    /// The search text is empty.
    SearchTooShort,
    /// The scan could not be written to disk: let nobody in on it.
    NotLogged,
    /// A file that was asked for cannot be written.
    NotWritten,
    /// A file that was named cannot be read.
    NotRead,
    /// The local store cannot be opened or read.
    Store,
    /// The exchange with the server failed.
    Sync,
    /// The camera or the frames cannot be read.
    Frames,
    /// The app is shutting down.
    Closed,
}

/// An error of the controller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct ControllerError {
    /// For programs.
    pub code: ControllerErrorCode,
    /// For staff.
    pub message: String,
}

impl ControllerError {
    pub(crate) fn new(code: ControllerErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }
}

impl fmt::Display for ControllerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<StoreError> for ControllerError {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::NotEnrolled => ControllerErrorCode::NotEnrolled,
            StoreError::AlreadyEnrolled => ControllerErrorCode::AlreadyEnrolled,
            StoreError::Unsent(_) => ControllerErrorCode::Unsent,
            StoreError::Closed => ControllerErrorCode::Closed,
            StoreError::Superseded => ControllerErrorCode::Superseded,
            _ => ControllerErrorCode::Store,
        };
        Self::new(code, error.to_string())
    }
}

impl From<SyncError> for ControllerError {
    fn from(error: SyncError) -> Self {
        match error {
            SyncError::Store(error) => error.into(),
            SyncError::Revoked => Self::new(ControllerErrorCode::Revoked, error.to_string()),
            other => Self::new(ControllerErrorCode::Sync, other.to_string()),
        }
    }
}
