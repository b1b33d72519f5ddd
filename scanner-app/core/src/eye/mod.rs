//! The eye of a gate: takes frames from a source, shows each, and has them read.
//!
//! Always: showing never waits for reading, which has a thread of its own; a camera is
//! read at its newest frame and what nobody had time for is dropped, never queued;
//! files are read one by one, none left out. What it looks at can be changed while it
//! runs. Nothing here decides what a text means.

mod file;
mod reader;

pub use file::read_file;

use crate::controller::Preview;
use crate::decode::Ladder;
use crate::frame::{Frame, FrameSource, Next};
use gateline_common::sync::EnrolmentCode;
use reader::Desk;
use serde::{Deserialize, Serialize};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How long a source may have nothing to say.
const WAIT: Duration = Duration::from_millis(250);
/// The longer side of the picture that is shown, pixels.
const SHOWN_SIDE: u32 = 640;
/// A frame that is being read, and the answer to it.
const LAST_LOOK: Duration = Duration::from_secs(5);

/// How the camera is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CameraState {
    /// None is in use: a hand scanner and the search only.
    #[default]
    Off,
    /// It was chosen and has given no picture yet.
    Starting,
    /// It gives pictures.
    Seeing {
        /// What staff call it.
        name: String,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// It gives none; it is tried again by itself.
    Trouble {
        /// What staff call it.
        name: String,
        /// The word of [`crate::frame::SourceError::code`].
        code: String,
        /// What the operating system said.
        reason: String,
    },
}

/// A camera to choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
pub struct CameraShown {
    /// The system's number.
    pub index: u32,
    /// What its maker calls it.
    pub name: String,
}

/// Who is told what the eye sees.
pub trait Viewer: Send + Sync + 'static {
    /// The state is another one now. Returns at once.
    fn state(&self, state: &CameraState);
    /// The newest picture. Returns at once.
    fn picture(&self, picture: Preview<'_>);
    /// What was read in one frame. On the reading thread: the next frame is read when
    /// this returns.
    fn read(&self, texts: Vec<String>);
}

/// Which frames of a source are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// The newest, fast: a camera shows the same ticket again and again.
    Newest,
    /// Each, thoroughly: a file comes once.
    Each,
}

/// Something to look at.
pub struct View {
    /// Where its frames come from.
    pub source: Box<dyn FrameSource>,
    /// Which of them are read.
    pub pace: Pace,
}

/// Makes a view, on the thread that looks.
pub type MakeView = Box<dyn FnOnce() -> View + Send>;

/// The two threads that see and read.
pub struct Eye {
    views: Mutex<Option<Sender<Option<MakeView>>>>,
    /// Ends with the threads.
    ended: Mutex<Receiver<()>>,
    sight: Arc<Sight>,
}

impl Eye {
    /// Starts the threads, which look at nothing yet.
    pub fn open(viewer: impl Viewer) -> Self {
        Self::with(viewer, Ladder::default)
    }

    fn with(viewer: impl Viewer, ladder: impl FnOnce() -> Ladder + Send + 'static) -> Self {
        let (views, chosen) = mpsc::channel();
        let (running, ended) = mpsc::channel::<()>();
        let sight = Arc::new(Sight {
            viewer: Box::new(viewer),
            state: Mutex::default(),
            desk: Desk::default(),
        });
        let (seeing, reading) = (Arc::clone(&sight), Arc::clone(&sight));
        let also_running = running.clone();
        start("eye", move || {
            let _until_it_ends = running;
            seeing.see(&chosen);
            seeing.desk.close();
        });
        start("reader", move || {
            let _until_it_ends = also_running;
            reading.desk.read(ladder(), &*reading.viewer);
        });
        Self {
            views: Mutex::new(Some(views)),
            ended: Mutex::new(ended),
            sight,
        }
    }

    /// Looks at this from now on, or at nothing.
    pub fn look_at(&self, view: Option<MakeView>) {
        // Threads that have ended look at nothing any more.
        let _ = lock(&self.views).as_ref().map(|views| views.send(view));
    }

    /// How what it looks at is doing.
    pub fn state(&self) -> CameraState {
        lock(&self.sight.state).clone()
    }

    /// Ends the threads, and waits for the last look to end.
    pub fn close(&self) {
        lock(&self.views).take();
        self.sight.desk.close();
        // Nothing is ever sent: it ends when both threads have.
        if lock(&self.ended).recv_timeout(LAST_LOOK) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("the camera did not stop in time");
        }
    }
}

/// Is this a code that makes a device of an organization, and no ticket?
pub fn is_enrolment(text: &str) -> bool {
    text.parse::<EnrolmentCode>().is_ok()
}

/// Is this worth looking no further?
pub fn is_ours(text: &str) -> bool {
    is_enrolment(text) || !ticket_crypto::candidates(text).is_empty()
}

struct Sight {
    viewer: Box<dyn Viewer>,
    state: Mutex<CameraState>,
    desk: Desk,
}

impl Sight {
    fn tell(&self, state: CameraState) {
        let before = std::mem::replace(&mut *lock(&self.state), state.clone());
        if before != state {
            self.viewer.state(&state);
        }
    }

    fn see(&self, chosen: &Receiver<Option<MakeView>>) {
        let mut view: Option<View> = None;
        loop {
            let choice = match view {
                Some(_) => chosen.try_recv(),
                None => chosen.recv().map_err(|_| TryRecvError::Disconnected),
            };
            match choice {
                Ok(choice) => {
                    // A camera cannot be opened before it was closed.
                    drop(view.take());
                    self.desk.clear();
                    self.tell(CameraState::Off);
                    view = choice.map(|make| {
                        self.tell(CameraState::Starting);
                        make()
                    });
                }
                Err(TryRecvError::Disconnected) => return,
                Err(TryRecvError::Empty) => {}
            }
            if let Some(present) = &mut view
                && !self.look(present)
            {
                view = None;
                self.tell(CameraState::Off);
            }
        }
    }

    /// One frame; false when there will be none ever again.
    fn look(&self, view: &mut View) -> bool {
        match view.source.next_frame(WAIT) {
            Ok(Next::Frame(named)) => {
                self.tell(CameraState::Seeing {
                    name: view.source.name().to_owned(),
                    width: named.frame.width(),
                    height: named.frame.height(),
                });
                self.show(&named.frame);
                self.desk.put(named.frame, view.pace);
            }
            Ok(Next::Nothing) => {}
            Ok(Next::End) => return false,
            Err(error) => self.tell(CameraState::Trouble {
                name: error.name(),
                code: error.code().to_owned(),
                reason: error.to_string(),
            }),
        }
        true
    }

    fn show(&self, frame: &Frame) {
        let small = frame.scaled_to(SHOWN_SIDE);
        self.viewer.picture(Preview {
            width: small.width(),
            height: small.height(),
            grey: small.luma(),
        });
    }
}

fn start(name: &str, work: impl FnOnce() + Send + 'static) {
    let started = std::thread::Builder::new()
        .name(name.to_owned())
        .spawn(work);
    if let Err(error) = started {
        tracing::error!(name, %error, "no thread for the camera");
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic elsewhere leaves nothing half-written in these small values.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
