//! The command line of the scanner's window.

use clap::Parser;
use gateline_scanner::controller::OnAdmitArgs;
use gateline_scanner::store::StoreKeyPlace;
use gateline_scanner_app::Sight;
use std::path::PathBuf;

/// Gateline's scanner: a window that turns green or red.
#[derive(Debug, Clone, Parser)]
#[command(name = "gateline-scanner", version)]
pub(crate) struct Args {
    /// Folder of the encrypted store; made when it is not there. Without it, the
    /// store is in this user's data folder.
    #[arg(long, value_name = "DIR")]
    pub(crate) store: Option<PathBuf>,
    /// Where the key of a new store is kept; in a file in its folder where there is no
    /// keyring. An existing store's key stays where it is.
    #[arg(long, value_enum, default_value = "keyring", value_name = "PLACE")]
    pub(crate) store_key: StoreKeyPlace,
    /// Read frames from the image files in this folder, and from those dropped
    /// into it later, in place of a camera
    #[arg(long, value_name = "DIR", conflicts_with = "camera")]
    pub(crate) frames: Option<PathBuf>,
    /// Which camera to use, by the system's number
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub(crate) camera: u32,
    /// No camera: a hand scanner and the search only
    #[arg(long, conflicts_with_all = ["frames", "camera"])]
    pub(crate) no_camera: bool,
    #[command(flatten)]
    pub(crate) turnstile: OnAdmitArgs,
    /// How long an admission waits for the server's answer, milliseconds; 0
    /// never asks
    #[arg(long, value_name = "MS", default_value_t = 250)]
    pub(crate) confirm_ms: u64,
}

impl Args {
    /// What the window's eye looks at.
    pub(crate) fn sight(&self) -> Sight {
        match &self.frames {
            Some(folder) => Sight::Folder(folder.clone()),
            None if self.no_camera => Sight::Nothing,
            None => Sight::Camera(self.camera),
        }
    }
}
