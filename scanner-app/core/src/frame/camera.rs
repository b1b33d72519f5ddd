//! Frames from a camera, by nokhwa (V4L2, Media Foundation, AVFoundation).
//!
//! The camera is opened, read and closed on a thread of its own, because a driver may block for as
//! long as it likes. That thread keeps the newest picture and drops the older one. A camera that
//! goes away is an error, said once per try, and is opened again every [`RETRY`]; nobody has to
//! restart anything. A thread that hangs in a driver is left behind, never waited for.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use nokhwa::{
    NokhwaError,
    utils::{ApiBackend, CameraFormat, CameraIndex, RequestedFormat, RequestedFormatType},
};

use super::{Frame, FrameSource, NamedFrame, Next, SourceError, pixels};

/// How long after a failure the camera is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// Without a picture for this long, the source says so.
const STALLED: Duration = Duration::from_secs(3);

/// A camera that the operating system lists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CameraName {
    /// What [`Camera::open`] takes.
    pub index: u32,
    /// What the maker calls it.
    pub name: String,
}

/// The cameras there are.
pub fn cameras() -> Result<Vec<CameraName>, SourceError> {
    let listed = nokhwa::query(ApiBackend::Auto).map_err(|error| SourceError::Camera {
        name: "the list of cameras".to_owned(),
        reason: error.to_string(),
    })?;
    let named = |info: &nokhwa::utils::CameraInfo| {
        Some(CameraName {
            index: info.index().as_index().ok()?,
            name: info.human_name(),
        })
    };
    Ok(listed.iter().filter_map(named).collect())
}

/// A camera as a source. Dropping it closes the camera.
pub struct Camera {
    name: String,
    shared: Arc<Shared>,
    waiting_since: Instant,
}

impl Camera {
    /// Starts to open the camera with this index. It need not be there yet: it is tried until it
    /// is.
    pub fn open(index: u32) -> Self {
        Self::start(format!("camera {index}"), move || Open::new(index))
    }

    fn start<D: Device>(
        name: String,
        open: impl Fn() -> Result<D, String> + Send + 'static,
    ) -> Self {
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let started = std::thread::Builder::new()
            .name(name.clone())
            .spawn(move || run(&theirs, open));
        if let Err(error) = started {
            shared.put(Err(format!("no thread: {error}")));
        }
        Self {
            name,
            shared,
            waiting_since: Instant::now(),
        }
    }
}

impl FrameSource for Camera {
    fn name(&self) -> &str {
        &self.name
    }

    fn next_frame(&mut self, wait: Duration) -> Result<Next, SourceError> {
        let error = |reason| SourceError::Camera {
            name: self.name.clone(),
            reason,
        };
        match self.shared.take(wait) {
            Some(Ok(frame)) => {
                self.waiting_since = Instant::now();
                let frame = Arc::new(frame);
                Ok(Next::Frame(NamedFrame {
                    name: self.name.clone(),
                    frame,
                }))
            }
            Some(Err(reason)) => Err(error(reason)),
            None if self.waiting_since.elapsed() >= STALLED => {
                let stalled = error(format!("none for {} s", STALLED.as_secs()));
                self.waiting_since = Instant::now();
                Err(stalled)
            }
            None => Ok(Next::Nothing),
        }
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
    }
}

/// What the camera's thread and the reader share: the newest picture or failure.
#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Default)]
struct Slot {
    newest: Option<Result<Frame, String>>,
    stop: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn put(&self, newest: Result<Frame, String>) {
        self.lock().newest = Some(newest);
        self.changed.notify_all();
    }

    fn take(&self, wait: Duration) -> Option<Result<Frame, String>> {
        let empty = |slot: &mut Slot| slot.newest.is_none();
        let waited = self.changed.wait_timeout_while(self.lock(), wait, empty);
        waited
            .unwrap_or_else(PoisonError::into_inner)
            .0
            .newest
            .take()
    }

    fn is_stopped(&self) -> bool {
        self.lock().stop
    }

    /// Waits for the next try, or until the source is dropped.
    fn rest(&self) {
        let running = |slot: &mut Slot| !slot.stop;
        drop(self.changed.wait_timeout_while(self.lock(), RETRY, running));
    }
}

/// An open camera.
trait Device {
    fn grab(&mut self) -> Result<Frame, String>;
}

/// The camera's thread: open, grab, and after a failure rest and open again.
fn run<D: Device>(shared: &Shared, open: impl Fn() -> Result<D, String>) {
    while !shared.is_stopped() {
        let failure = match open() {
            Ok(mut device) => loop {
                if shared.is_stopped() {
                    return;
                }
                match device.grab() {
                    Ok(frame) => shared.put(Ok(frame)),
                    Err(reason) => break reason,
                }
            },
            Err(reason) => reason,
        };
        tracing::warn!(reason = failure, "the camera gives no picture");
        shared.put(Err(failure));
        shared.rest();
    }
}

/// A camera opened by nokhwa, with its stream running.
struct Open {
    camera: nokhwa::Camera,
}

impl Open {
    fn new(index: u32) -> Result<Self, String> {
        Self::try_new(index).map_err(|error| error.to_string())
    }

    fn try_new(index: u32) -> Result<Self, NokhwaError> {
        let any = RequestedFormat::with_formats(RequestedFormatType::None, &pixels::FORMATS);
        let mut camera = nokhwa::Camera::new(CameraIndex::Index(index), any)?;
        if let Some(best) = best(&camera.compatible_camera_formats()?) {
            let wanted = [best.format()];
            let exactly = RequestedFormatType::Exact(best);
            camera.set_camera_requset(RequestedFormat::with_formats(exactly, &wanted))?;
        }
        camera.open_stream()?;
        Ok(Self { camera })
    }
}

impl Device for Open {
    fn grab(&mut self) -> Result<Frame, String> {
        let picture = self.camera.frame().map_err(|error| error.to_string())?;
        let (size, format) = (picture.resolution(), picture.source_frame_format());
        pixels::to_frame(picture.buffer(), size.width(), size.height(), format)
            .ok_or_else(|| format!("an incomplete {format} picture"))
    }
}

/// The format to ask for: fluent first (15 pictures a second), then closest to 1280x720, then what
/// is cheapest to unpack.
fn best(formats: &[CameraFormat]) -> Option<CameraFormat> {
    let rank = |format: &CameraFormat| {
        let unpacking = pixels::FORMATS
            .iter()
            .position(|&known| known == format.format())?;
        let fluent = format.frame_rate() >= 15;
        let off = format.width().abs_diff(1280) + format.height().abs_diff(720);
        let slowness = u32::MAX - format.frame_rate().min(30);
        Some((!fluent, off, slowness, unpacking))
    };
    formats
        .iter()
        .filter(|format| rank(format).is_some())
        .min_by_key(|format| rank(format))
        .copied()
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicU8, Ordering},
        mpsc::{Receiver, channel},
    };

    use nokhwa::utils::FrameFormat;

    use super::*;

    const SOON: Duration = Duration::from_secs(20);

    /// Grabs what the test sends, and fails when the test says so.
    struct Scripted(Arc<Mutex<Receiver<Option<u8>>>>);

    impl Device for Scripted {
        fn grab(&mut self) -> Result<Frame, String> {
            match self.0.lock().unwrap().recv() {
                Ok(Some(grey)) => Ok(Frame::new(vec![grey], 1, 1).unwrap()),
                _ => Err("unplugged".to_owned()),
            }
        }
    }

    fn grey(next: Result<Next, SourceError>) -> u8 {
        match next {
            Ok(Next::Frame(named)) => named.frame.luma()[0],
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_camera_that_is_unplugged_is_opened_again() {
        let (script, pictures) = channel();
        let pictures = Arc::new(Mutex::new(pictures));
        let opened = Arc::new(AtomicU8::new(0));
        let count = Arc::clone(&opened);
        let mut camera = Camera::start("camera 7".to_owned(), move || {
            count.fetch_add(1, Ordering::SeqCst);
            Ok(Scripted(Arc::clone(&pictures)))
        });
        script.send(Some(1)).unwrap();
        assert_eq!(grey(camera.next_frame(SOON)), 1);
        script.send(None).unwrap();
        let error = camera.next_frame(SOON).unwrap_err().to_string();
        assert!(
            error.contains("camera 7") && error.contains("unplugged"),
            "{error}"
        );
        script.send(Some(2)).unwrap();
        assert_eq!(grey(camera.next_frame(SOON)), 2);
        assert_eq!(opened.load(Ordering::SeqCst), 2);
    }

    #[test]
    fn only_the_newest_picture_is_kept() {
        let shared = Shared::default();
        for grey in [1, 2, 3] {
            shared.put(Ok(Frame::new(vec![grey], 1, 1).unwrap()));
        }
        assert_eq!(shared.take(SOON).unwrap().unwrap().luma(), [3]);
        assert!(shared.take(Duration::ZERO).is_none());
    }

    #[test]
    fn a_camera_that_is_not_there_says_what_to_check() {
        let mut camera = Camera::open(250);
        let error = camera.next_frame(SOON).unwrap_err().to_string();
        assert!(
            error.contains("camera 250") && error.contains("check its cable"),
            "{error}"
        );
    }

    #[test]
    fn the_format_is_fluent_first_then_near_720p_then_cheap_to_unpack() {
        let format = |x, y, fps, kind| CameraFormat::new_from(x, y, kind, fps);
        let slow = format(1280, 720, 10, FrameFormat::YUYV);
        let packed = format(1280, 720, 30, FrameFormat::MJPEG);
        let small = format(640, 480, 30, FrameFormat::YUYV);
        let huge = format(3840, 2160, 30, FrameFormat::NV12);
        assert_eq!(best(&[huge, slow, small, packed]), Some(packed));
        assert_eq!(best(&[small, slow]), Some(small));
        assert_eq!(best(&[slow]), Some(slow));
        assert_eq!(best(&[]), None);
    }
}
