//! What the controller shows, carried to the webview as events; and the newest
//! picture of the camera, which the webview fetches when it is ready for one.
//!
//! Always: returns at once. Pictures are replaced, never queued, so a slow
//! window shows fewer of them and falls behind by none.

use gateline_scanner::controller::{
    ControllerError, GuiIntegration, InfoShown, Preview, ScanShown, StatusLine,
};
use gateline_scanner::eye::CameraState;
use gateline_scanner::serial::SerialState;
use serde::Serialize;
use std::sync::Arc;
use tauri::{AppHandle, Emitter};
use tokio::sync::watch;

/// A picture as the webview gets it: its number, width and height (u32, little
/// endian), then one grey byte per pixel. Number 0 is no picture.
#[derive(Clone, Default)]
struct Picture {
    number: u32,
    bytes: Arc<Vec<u8>>,
}

/// The window as the controller knows it.
#[derive(Clone)]
pub(crate) struct Window {
    app: AppHandle,
    newest: watch::Sender<Picture>,
}

impl Window {
    pub(crate) fn new(app: AppHandle) -> Self {
        Self {
            app,
            newest: watch::Sender::new(Picture::default()),
        }
    }

    /// The newest picture, as soon as it is another one than `seen`.
    pub(crate) async fn next_picture(&self, seen: u32) -> Vec<u8> {
        let mut newest = self.newest.subscribe();
        match newest.wait_for(|picture| picture.number != seen).await {
            Ok(picture) => picture.bytes.to_vec(),
            // Only when the window is gone, and nobody asks then.
            Err(_) => Vec::new(),
        }
    }

    /// An enrolment code came before the camera.
    pub(crate) fn enrolment_code(&self, text: &str) {
        self.emit("enrolment_code", text);
    }

    /// The camera is doing this now.
    pub(crate) fn camera(&self, state: &CameraState) {
        self.emit("camera", state);
    }

    /// The serial scanner is doing this now.
    pub(crate) fn serial(&self, state: &SerialState) {
        self.emit("serial", state);
    }

    /// A code was read, but could not be scanned.
    pub(crate) fn scan_failed(&self, error: &ControllerError) {
        self.emit("scan_failed", error);
    }

    fn emit<T: Serialize + Clone>(&self, event: &str, payload: T) {
        if let Err(error) = self.app.emit(event, payload) {
            tracing::warn!(event, %error, "the window did not take an event");
        }
    }
}

impl GuiIntegration for Window {
    fn shown(&self, scan: &ScanShown) {
        self.emit("shown", scan);
    }

    fn informed(&self, info: &InfoShown) {
        self.emit("informed", info);
    }

    fn status(&self, line: &StatusLine) {
        self.emit("status", line);
    }

    fn frame(&self, preview: Preview<'_>) {
        self.newest.send_modify(|newest| {
            newest.number = newest.number.wrapping_add(1).max(1);
            let mut bytes = Vec::with_capacity(12 + preview.grey.len());
            for word in [newest.number, preview.width, preview.height] {
                bytes.extend_from_slice(&word.to_le_bytes());
            }
            bytes.extend_from_slice(preview.grey);
            newest.bytes = Arc::new(bytes);
        });
    }
}
