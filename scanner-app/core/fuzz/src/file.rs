//! What holds of any file that is given to a gate as a picture: unpacking it
//! gives a bounded frame or an error, and the voices bear the frame.
//!
//! The fuzz target and a test of `gateline-scanner` both play this.

use super::voices;
use gateline_scanner::frame::decode_image;

/// Panics when something does not hold of the file `data`.
pub(crate) fn hold(data: &[u8]) {
    if let Ok(frame) = decode_image("a file", data) {
        voices::hold(&frame);
    }
}
