//! The voice of quircs, a port of quirc: another detector than rxing's, and a quick one.

use quircs::Quirc;

use super::{Decoder, add, filter};
use crate::frame::Frame;

/// quircs on the picture, and on its inverse if that gives nothing.
#[derive(Debug, Clone, Copy)]
pub struct QuircsVoice;

impl Decoder for QuircsVoice {
    fn name(&self) -> &'static str {
        "quircs"
    }

    fn read(&self, frame: &Frame) -> Vec<String> {
        let texts = read(frame, frame.luma());
        if texts.is_empty() {
            read(frame, &filter::inverted(frame.luma()))
        } else {
            texts
        }
    }
}

fn read(size: &Frame, luma: &[u8]) -> Vec<String> {
    let mut quirc = Quirc::new();
    let mut texts = Vec::new();
    for code in quirc
        .identify(size.width() as usize, size.height() as usize, luma)
        .flatten()
    {
        let Ok(data) = code.decode() else { continue };
        if let Ok(text) = std::str::from_utf8(&data.payload) {
            add(&mut texts, text);
        }
    }
    texts
}
