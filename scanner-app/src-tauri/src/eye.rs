//! The eye of the gate: a thread that takes frames from the camera or a folder,
//! has them read, and gives what was read to the controller.
//!
//! Always: each frame is shown before it is read, a source that fails is tried
//! again, and nothing here decides what a text means (an enrolment code, which
//! only this device's owner uses, goes to the enrolment screen).

use crate::gate::Gate;
use crate::window::Window;
use gateline_common::sync::EnrolmentCode;
use gateline_scanner::controller::{GuiIntegration, Preview};
use gateline_scanner::decode::{Ladder, Reading};
use gateline_scanner::frame::{Camera, Folder, Frame, FrameSource, Next};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

/// How long a source may have nothing to say.
const WAIT: Duration = Duration::from_millis(250);
/// The longer side of the preview, pixels.
const PREVIEW_SIDE: u32 = 640;

/// A frame that is being read, and the answer to it.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// The running thread.
pub(crate) struct Eye {
    stop: Arc<AtomicBool>,
    /// Ends with the thread.
    ended: Mutex<mpsc::Receiver<()>>,
}

impl Eye {
    /// Stops looking, and waits for the last look to end.
    pub(crate) fn close(&self) {
        self.stop.store(true, Ordering::SeqCst);
        let ended = self.ended.lock().map(|ended| ended.recv_timeout(LAST_LOOK));
        if let Ok(Err(mpsc::RecvTimeoutError::Timeout)) = ended {
            tracing::warn!("the camera did not stop in time");
        }
    }
}

/// What the window looks at.
pub enum Sight {
    /// Nothing: a hand scanner and the search only.
    Nothing,
    /// A camera, by the system's number.
    Camera(u32),
    /// Image files in this folder, and those dropped into it later.
    Folder(PathBuf),
    /// Another source, which is read as a camera is: its newest picture, fast.
    /// Made on the thread that reads it.
    Source(Box<dyn FnOnce() -> Box<dyn FrameSource> + Send>),
}

impl Sight {
    // A camera shows the same ticket again and again; a file comes once.
    fn open(self) -> Option<(Box<dyn FrameSource>, Read)> {
        match self {
            Self::Nothing => None,
            Self::Camera(index) => Some((Box::new(Camera::open(index)), Ladder::preview)),
            Self::Folder(folder) => Some((Box::new(Folder::watch(folder)), thorough)),
            Self::Source(make) => Some((make(), Ladder::preview)),
        }
    }
}

/// Starts the thread, if there is something to look at.
pub(crate) fn open(sight: Sight, gate: Arc<Gate>, window: Window) -> Option<Eye> {
    if let Sight::Nothing = sight {
        let words = "No camera: use the hand scanner, or search the list";
        window.set_camera_trouble(Some(words.to_owned()));
        return None;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let stopping = Arc::clone(&stop);
    let (running, ended) = mpsc::channel::<()>();
    let started = std::thread::Builder::new()
        .name("eye".to_owned())
        .spawn(move || {
            let _until_it_ends = running;
            if let Some((source, read)) = sight.open() {
                look(source, read, &gate, &window, &stopping);
            }
        });
    match started {
        Ok(_) => Some(Eye {
            stop,
            ended: Mutex::new(ended),
        }),
        Err(error) => {
            tracing::error!(%error, "no thread for the camera");
            None
        }
    }
}

type Read = fn(&mut Ladder, &Arc<Frame>) -> Vec<Reading>;

fn thorough(ladder: &mut Ladder, frame: &Arc<Frame>) -> Vec<Reading> {
    ladder.thorough_until(frame, |text| {
        is_enrolment(text) || !ticket_crypto::candidates(text).is_empty()
    })
}

fn look(
    mut source: Box<dyn FrameSource>,
    read: Read,
    gate: &Gate,
    window: &Window,
    stopping: &AtomicBool,
) {
    let mut ladder = Ladder::default();
    let mut trouble = None;
    while !stopping.load(Ordering::SeqCst) {
        match source.next_frame(WAIT) {
            Ok(Next::Frame(named)) => {
                if trouble.take().is_some() {
                    window.set_camera_trouble(None);
                }
                show(window, &named.frame);
                let readings = read(&mut ladder, &named.frame);
                hand_over(readings, gate, window);
            }
            Ok(Next::Nothing) => {}
            Ok(Next::End) => return,
            Err(error) => {
                let words = error.to_string();
                if trouble.as_ref() != Some(&words) {
                    window.set_camera_trouble(Some(words.clone()));
                    trouble = Some(words);
                }
            }
        }
    }
}

fn show(window: &Window, frame: &Frame) {
    let small = frame.scaled_to(PREVIEW_SIDE);
    window.frame(Preview {
        width: small.width(),
        height: small.height(),
        grey: small.luma(),
    });
}

fn hand_over(readings: Vec<Reading>, gate: &Gate, window: &Window) {
    let (enrolments, codes): (Vec<String>, Vec<String>) = readings
        .into_iter()
        .map(|reading| reading.text)
        .partition(|text| is_enrolment(text));
    if let Some(code) = enrolments.first() {
        window.enrolment_code(code);
    }
    if codes.is_empty() {
        return;
    }
    let scanned = tauri::async_runtime::block_on(async { gate.open()?.scan_codes(&codes).await });
    if let Err(error) = scanned {
        window.scan_failed(&error);
    }
}

fn is_enrolment(text: &str) -> bool {
    text.parse::<EnrolmentCode>().is_ok()
}
