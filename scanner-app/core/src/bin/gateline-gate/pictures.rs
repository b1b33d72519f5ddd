//! Codes from pictures: image files one by one with every voice of the ladder,
//! a camera at its pace. Both read on a thread of their own.

use crate::input::{Input, start};
use gateline_scanner::decode::Ladder;
use gateline_scanner::frame::{Camera, Folder, FrameSource, ImageFiles, Next};
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::mpsc;

const WAIT: Duration = Duration::from_millis(500);

/// What was read in one picture.
pub(crate) struct Picture {
    /// The file, or the camera.
    pub(crate) name: String,
    /// The texts of the codes in it.
    pub(crate) texts: Vec<String>,
    /// From a camera, which shows the same code again and again.
    pub(crate) live: bool,
}

/// Reads files and folders, in order.
pub(crate) fn files(paths: Vec<PathBuf>, sender: mpsc::Sender<Input>) {
    start("pictures", move || {
        let mut ladder = Ladder::default();
        for path in paths {
            let mut source: Box<dyn FrameSource> = match path.is_dir() {
                true => Box::new(Folder::once(path)),
                false => Box::new(ImageFiles::new([path])),
            };
            if !read(&mut *source, &mut ladder, false, &sender) {
                return;
            }
        }
    });
}

/// Looks through a camera until nobody listens any more.
pub(crate) fn camera(number: u32, sender: mpsc::Sender<Input>) {
    start("camera", move || {
        let mut source = Camera::open(number);
        read(&mut source, &mut Ladder::default(), true, &sender);
    });
}

/// Reads a source to its end; false when nobody listens any more.
fn read(
    source: &mut dyn FrameSource,
    ladder: &mut Ladder,
    live: bool,
    sender: &mpsc::Sender<Input>,
) -> bool {
    loop {
        let named = match source.next_frame(WAIT) {
            Ok(Next::Frame(named)) => named,
            Ok(Next::Nothing) if sender.is_closed() => return false,
            Ok(Next::Nothing) => continue,
            Ok(Next::End) => return true,
            Err(error) => {
                tracing::warn!(source = source.name(), %error, "a picture cannot be read");
                continue;
            }
        };
        let readings = match live {
            true => ladder.preview(&named.frame),
            false => ladder.thorough_until(&named.frame, |text| {
                !ticket_crypto::candidates(text).is_empty()
            }),
        };
        if readings.is_empty() {
            if !live {
                tracing::warn!(picture = named.name, "no code could be read");
            }
            continue;
        }
        let picture = Picture {
            name: named.name,
            texts: readings.into_iter().map(|reading| reading.text).collect(),
            live,
        };
        if sender.blocking_send(Input::Picture(picture)).is_err() {
            return false;
        }
    }
}
