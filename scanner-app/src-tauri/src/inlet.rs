//! Where codes come in, whatever read them: the eye, a serial line or a picture that
//! was dropped into the window.
//!
//! Always: nothing here decides what a text means, but that an enrolment code, which
//! only this device's owner uses, goes to the enrolment screen.

use crate::gate::{Answered, Gate};
use crate::window::Window;
use gateline_scanner::controller::{ControllerError, ControllerErrorCode, GuiIntegration, Preview};
use gateline_scanner::eye::{CameraState, Viewer, is_enrolment, read_file};
use gateline_scanner::frame::SourceError;
use gateline_scanner::serial::{SerialSink, SerialState};
use serde::Serialize;
use std::sync::Arc;

/// What was found in a dropped picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct ImageScanned {
    /// Codes that were scanned, or given to the enrolment screen.
    pub(crate) codes: u32,
    /// Why nothing could be read in it.
    pub(crate) trouble: Option<ImageTrouble>,
}

/// What is wrong with a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub(crate) enum ImageTrouble {
    /// Not a PNG or JPEG picture.
    NotAnImage,
    /// It starts like one and cannot be unpacked.
    Damaged,
    /// More bytes or pixels than a picture of a ticket needs.
    TooLarge,
}

/// The way from a reader to the gate.
#[derive(Clone)]
pub(crate) struct Inlet {
    pub(crate) gate: Arc<Gate>,
    pub(crate) window: Window,
}

impl Inlet {
    /// Scans what is in a picture; each code in it is a scan.
    ///
    /// # Errors
    /// Those of a scan.
    pub(crate) async fn image(&self, bytes: Vec<u8>) -> Answered<ImageScanned> {
        let read = tokio::task::spawn_blocking(move || read_file("the picture", &bytes));
        let texts = match read.await {
            Ok(Ok(texts)) => texts,
            Ok(Err(error)) => {
                return Ok(ImageScanned {
                    codes: 0,
                    trouble: Some(trouble(&error)),
                });
            }
            Err(error) => {
                return Err(ControllerError {
                    code: ControllerErrorCode::Frames,
                    message: error.to_string(),
                });
            }
        };
        let codes = u32::try_from(texts.len()).unwrap_or(u32::MAX);
        for text in self.without_enrolments(texts) {
            self.gate.open()?.hear(&text).await?;
        }
        Ok(ImageScanned {
            codes,
            trouble: None,
        })
    }

    /// What is left to scan.
    fn without_enrolments(&self, texts: Vec<String>) -> Vec<String> {
        let (enrolments, codes): (Vec<_>, Vec<_>) =
            texts.into_iter().partition(|text| is_enrolment(text));
        if let Some(code) = enrolments.first() {
            self.window.enrolment_code(code);
        }
        codes
    }

    fn tell<T>(&self, scanned: Answered<T>) {
        if let Err(error) = scanned {
            self.window.scan_failed(&error);
        }
    }
}

fn trouble(error: &SourceError) -> ImageTrouble {
    match error {
        SourceError::TooLarge { .. } => ImageTrouble::TooLarge,
        SourceError::Damaged { .. } => ImageTrouble::Damaged,
        _ => ImageTrouble::NotAnImage,
    }
}

impl Viewer for Inlet {
    fn state(&self, state: &CameraState) {
        self.window.camera(state);
    }

    fn picture(&self, picture: Preview<'_>) {
        self.window.frame(picture);
    }

    fn read(&self, texts: Vec<String>) {
        let codes = self.without_enrolments(texts);
        if codes.is_empty() {
            return;
        }
        self.tell(tauri::async_runtime::block_on(async {
            self.gate.open()?.scan_codes(&codes).await
        }));
    }
}

impl SerialSink for Inlet {
    fn line(&self, text: &str) {
        for code in self.without_enrolments(vec![text.to_owned()]) {
            self.tell(tauri::async_runtime::block_on(async {
                self.gate.open()?.hear(&code).await
            }));
        }
    }

    fn state(&self, state: &SerialState) {
        self.window.serial(state);
    }
}
