//! Frames: what a camera, an image file or a folder shows the decoders.
//!
//! A [`Frame`] is 8-bit luma and at most [`LONGEST_SIDE`] pixels long, whatever it came from, so
//! that no picture costs a decoder more than a camera's would. A [`FrameSource`] hands out frames
//! one by one; it waits no longer than it was told to, and one bad picture never ends it. What
//! comes from outside is bounded before memory is given to it. Nothing here reads a code.

mod camera;
mod error;
mod files;
mod folder;
mod image_file;
mod luma;
mod pixels;

use std::{sync::Arc, time::Duration};

pub use camera::{Camera, CameraName, cameras};
pub use error::SourceError;
pub use files::ImageFiles;
pub use folder::Folder;
pub use image_file::{decode_image, read_image};
pub use luma::{Frame, LONGEST_SIDE};

/// A frame and where it came from.
#[derive(Debug, Clone)]
pub struct NamedFrame {
    /// The file's path, or the camera's name.
    pub name: String,
    /// The picture.
    pub frame: Arc<Frame>,
}

/// What a source has to say when it is asked.
#[derive(Debug, Clone)]
pub enum Next {
    /// The next picture.
    Frame(NamedFrame),
    /// None within the time given; ask again.
    Nothing,
    /// None ever again.
    End,
}

/// Where frames come from.
///
/// - `next_frame` returns within about `wait`.
/// - A camera hands out its newest picture and forgets the ones nobody fetched; files come in
///   order and none is left out.
/// - After an error the source goes on: the next call is about the next picture. Only
///   [`Next::End`] ends it.
pub trait FrameSource: Send {
    /// What staff call it: `camera 0 (HD Webcam)`, `folder /srv/frames`.
    fn name(&self) -> &str;

    /// The next frame, or that there is none yet, or that there will be none.
    fn next_frame(&mut self, wait: Duration) -> Result<Next, SourceError>;
}
