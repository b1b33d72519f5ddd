//! The voice of rqrr: a second opinion, within bounds.
//!
//! rqrr panics on some pictures (its issue 54), and on a crowded one its search for three matching
//! corners can take more than a minute. It copies the picture for every three corners it
//! considers, so the picture it is given here ([`Timed`]) looks at the clock whenever it is copied,
//! and gives up by unwinding when the time is over. The picture is shown at 1280 pixels at most.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    time::{Duration, Instant},
};

use image::{GenericImage, GenericImageView, GrayImage, Luma};
use rqrr::PreparedImage;

use super::{Decoder, add, filter};
use crate::frame::Frame;

/// No picture is shown to rqrr any larger.
const LONGEST_SIDE: u32 = 1280;

/// rqrr on the picture, and on its inverse if that gives nothing.
#[derive(Debug, Clone, Copy)]
pub struct RqrrVoice {
    /// After this long it gives a picture up.
    pub time: Duration,
}

impl Default for RqrrVoice {
    fn default() -> Self {
        Self {
            time: Duration::from_millis(400),
        }
    }
}

impl Decoder for RqrrVoice {
    fn name(&self) -> &'static str {
        "rqrr"
    }

    fn read(&self, frame: &Frame) -> Vec<String> {
        let small = frame.scaled_to(LONGEST_SIDE);
        let until = Instant::now() + self.time;
        let mut texts = Vec::new();
        for luma in [small.luma().to_vec(), filter::inverted(small.luma())] {
            let Some(picture) = GrayImage::from_raw(small.width(), small.height(), luma) else {
                break;
            };
            if !read(Timed { picture, until }, &mut texts) || !texts.is_empty() {
                break;
            }
        }
        texts
    }
}

/// Adds what rqrr reads; false if the time is over.
fn read(picture: Timed, texts: &mut Vec<String>) -> bool {
    let attempt = AssertUnwindSafe(|| {
        let mut prepared = PreparedImage::prepare(picture);
        for grid in prepared.detect_grids() {
            if let Ok((_, text)) = grid.decode() {
                add(texts, &text);
            }
        }
    });
    match catch_unwind(attempt) {
        Ok(()) => true,
        Err(cause) if cause.is::<TimeIsOver>() => false,
        // A real panic is the ladder's to report.
        Err(cause) => resume_unwind(cause),
    }
}

/// What [`Timed`] unwinds with.
struct TimeIsOver;

/// A picture that gives up when it is copied too late.
struct Timed {
    picture: GrayImage,
    until: Instant,
}

impl Clone for Timed {
    fn clone(&self) -> Self {
        if Instant::now() >= self.until {
            // Unlike panic!, this calls no panic hook: it is no failure.
            resume_unwind(Box::new(TimeIsOver));
        }
        Self {
            picture: self.picture.clone(),
            until: self.until,
        }
    }
}

impl GenericImageView for Timed {
    type Pixel = Luma<u8>;

    fn dimensions(&self) -> (u32, u32) {
        self.picture.dimensions()
    }

    fn get_pixel(&self, x: u32, y: u32) -> Luma<u8> {
        *self.picture.get_pixel(x, y)
    }
}

impl GenericImage for Timed {
    fn get_pixel_mut(&mut self, x: u32, y: u32) -> &mut Luma<u8> {
        self.picture.get_pixel_mut(x, y)
    }

    fn put_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.picture.put_pixel(x, y, pixel);
    }

    fn blend_pixel(&mut self, x: u32, y: u32, pixel: Luma<u8>) {
        self.picture.put_pixel(x, y, pixel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{crowd, flat};

    #[test]
    fn a_picture_whose_time_is_over_is_given_up_without_a_panic() {
        let frame = flat("0123456789", 6);
        assert_eq!(RqrrVoice::default().read(&frame), ["0123456789"]);
        assert!(
            RqrrVoice {
                time: Duration::ZERO
            }
            .read(&frame)
            .is_empty()
        );
    }

    #[test]
    fn a_crowd_of_corners_costs_no_more_than_its_time() {
        // Without the bound this one takes rqrr minutes; the test runner would end it.
        let started = Instant::now();
        RqrrVoice::default().read(&crowd(400));
        assert!(started.elapsed() < Duration::from_secs(30));
    }
}
