//! What holds of any pattern of modules that is held before a gate: the voices
//! bear it.
//!
//! The first byte is the width in modules; of the second, bits 0 and 1 are the
//! pixels of a module less one, bit 2 is light on dark; each further bit is a
//! module. The fuzz target and a test of `gateline-scanner` both play this.

use super::voices::{self, SHOWN_SIDE};
use gateline_scanner::frame::Frame;

/// Panics when something does not hold of the pattern `data`.
pub(crate) fn hold(data: &[u8]) {
    let [width, how, modules @ ..] = data else {
        return;
    };
    let across = usize::from(*width).max(1);
    let (scale, inverted) = (usize::from(how & 3) + 1, how & 4 != 0);
    let most = SHOWN_SIDE as usize / scale;
    let (columns, rows) = (across.min(most), (modules.len() * 8 / across).min(most));
    let is_dark = |x: usize, y: usize| {
        let at = y / scale * across + x / scale;
        (modules[at / 8] >> (at % 8) & 1 == 1) != inverted
    };
    let (width, height) = (columns * scale, rows * scale);
    let luma = (0..height)
        .flat_map(|y| (0..width).map(move |x| (x, y)))
        .map(|(x, y)| if is_dark(x, y) { 5 } else { 250 })
        .collect();
    if let Some(frame) = Frame::new(luma, width as u32, height as u32) {
        voices::hold(&frame);
    }
}
