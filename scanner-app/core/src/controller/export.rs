//! The log of this device as one signed file, for the organizer.

use super::{Answered, Controller, ControllerError, ControllerErrorCode, GuiIntegration};
use crate::log_file::{self, WriteError};
use gateline_common::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct Exported {
    /// Where it is.
    pub path: String,
    /// Records in it.
    pub records: u64,
}

impl<I: GuiIntegration> Controller<I> {
    /// Writes the whole log of this device to `path`, in place of what is there.
    /// Scans go on meanwhile.
    ///
    /// # Errors
    /// `NotEnrolled`, `Locked`, `Store`; `NotWritten` when the file cannot be written.
    pub async fn export_log(&self, path: &Path) -> Answered<Exported> {
        self.unlocked()?;
        let (at, path) = (self.clock.now(), path.to_owned());
        self.store
            .beside(move |store| {
                let records = log_file::write(store, at, &path)?;
                Ok(Exported {
                    path: path.display().to_string(),
                    records,
                })
            })
            .await
    }

    /// The same into `folder`, under a name made of the device's and the time.
    ///
    /// # Errors
    /// As [`Controller::export_log`].
    pub async fn export_log_into(&self, folder: PathBuf) -> Answered<Exported> {
        self.unlocked()?;
        let connected = self.syncer.connected().await?;
        let name = file_name(&connected.who.name, self.clock.now());
        self.export_log(&folder.join(name)).await
    }
}

/// `gateline-log-north-1-20261121T224501Z.jsonl`
fn file_name(device: &str, at: Timestamp) -> String {
    const MOST: usize = 40;
    let plain = |letter: char| match letter.is_alphanumeric() {
        true => letter.to_ascii_lowercase(),
        false => '-',
    };
    let device: String = device.trim().chars().take(MOST).map(plain).collect();
    let time = jiff::Timestamp::from_millisecond(at.0).map_or_else(
        |_| at.0.to_string(),
        |at| at.strftime("%Y%m%dT%H%M%SZ").to_string(),
    );
    format!("gateline-log-{device}-{time}.jsonl")
}

impl From<WriteError> for ControllerError {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Store(error) => error.into(),
            WriteError::File { .. } => {
                Self::new(ControllerErrorCode::NotWritten, error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_named_after_its_device_and_time_and_stays_in_its_folder() {
        let at = Timestamp(1_777_000_000_000);
        let name = file_name("North 1", at);
        assert_eq!(name, "gateline-log-north-1-20260424T030640Z.jsonl");
        assert!(!file_name("../../etc/passwd", at).contains(['/', '\\']));
    }
}
