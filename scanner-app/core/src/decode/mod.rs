//! Decoding: the voices that read QR codes, and the ladder that asks them.
//!
//! No decoder reads every picture, so several take part, each a [`Decoder`] ("voice"). The
//! [`Ladder`] asks them on a thread each: one that panics has read nothing, one that hangs is left
//! alone until it comes back, and neither delays the others. What a voice reads is text and
//! nothing more: whether it is a ticket, only its signature tells.

mod filter;
mod ladder;
mod quircs_voice;
mod rqrr_voice;
mod rxing_voice;
#[cfg(test)]
mod sample_photos;
mod worker;

use crate::frame::Frame;

pub use ladder::{Ladder, Limits, Reading, Standing, VoiceAnswer};
pub use quircs_voice::QuircsVoice;
pub use rqrr_voice::RqrrVoice;
pub use rxing_voice::RxingVoice;
pub use worker::Outcome;

/// One voice: one way to read the QR codes in a frame.
///
/// It may be slow, and it may panic; the ladder bounds both. It keeps nothing between frames.
pub trait Decoder: Send + Sync + 'static {
    /// What reports call it.
    fn name(&self) -> &'static str;

    /// The texts of the codes it can read, without repetition; none is the common case.
    fn read(&self, frame: &Frame) -> Vec<String>;
}

/// Adds a text unless it is there already.
fn add(texts: &mut Vec<String>, text: &str) {
    if !texts.iter().any(|there| there == text) {
        texts.push(text.to_owned());
    }
}
