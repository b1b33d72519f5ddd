//! What the window looks at, and which camera that is.
//!
//! Always: nothing is looked at before the screens listen, so nobody is let in whom they
//! do not show; a folder or another source that stands in for a camera is the only
//! camera there is, and one that was switched off goes on where it was.

use crate::inlet::Inlet;
use gateline_scanner::controller::{CameraPreference, ControllerError, ControllerErrorCode};
use gateline_scanner::eye::{CameraShown, CameraState, Eye, MakeView, Pace, View};
use gateline_scanner::frame::{Camera, Folder, FrameSource, Next, SourceError, cameras};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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
    Source(MakeSource),
}

type MakeSource = Box<dyn FnOnce() -> Box<dyn FrameSource> + Send>;

/// The eye, and what it can look at.
pub(crate) struct Cameras {
    eye: Eye,
    choice: Choice,
    /// What is looked at first, until that begins.
    first: Mutex<Option<CameraPreference>>,
}

enum Choice {
    None,
    System,
    Only(StandIn),
}

impl Cameras {
    /// Looks at `sight` as soon as the screens listen.
    pub(crate) fn open(sight: Sight, inlet: Inlet) -> Self {
        let (choice, first) = match sight {
            Sight::Nothing => (Choice::None, CameraPreference::None),
            Sight::Camera(index) => (Choice::System, CameraPreference::Index { index }),
            Sight::Folder(folder) => {
                let name = format!("folder {}", folder.display());
                let make: MakeSource = Box::new(|| Box::new(Folder::watch(folder)));
                let only = StandIn::new(name, Pace::Each, make);
                (Choice::Only(only), CameraPreference::First)
            }
            Sight::Source(make) => {
                let only = StandIn::new("camera".to_owned(), Pace::Newest, make);
                (Choice::Only(only), CameraPreference::First)
            }
        };
        Self {
            eye: Eye::open(inlet),
            choice,
            first: Mutex::new(Some(first)),
        }
    }

    /// The screens listen.
    pub(crate) fn begin(&self) {
        if let Some(first) = self.take_first() {
            self.look_at(first);
        }
    }

    fn take_first(&self) -> Option<CameraPreference> {
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        first.take()
    }

    /// The cameras there are. May take a while.
    ///
    /// # Errors
    /// `Frames` when the operating system does not list them.
    pub(crate) fn list(&self) -> Result<Vec<CameraShown>, ControllerError> {
        match &self.choice {
            Choice::None => Ok(Vec::new()),
            Choice::Only(only) => Ok(vec![CameraShown {
                index: 0,
                name: only.name.clone(),
            }]),
            Choice::System => cameras()
                .map(|listed| listed.into_iter().map(shown).collect())
                .map_err(|error| ControllerError {
                    code: ControllerErrorCode::Frames,
                    message: error.to_string(),
                }),
        }
    }

    /// Looks at this camera from now on, or at none.
    pub(crate) fn look_at(&self, camera: CameraPreference) {
        // Whoever chooses one does not want the first any more.
        self.take_first();
        let view: Option<MakeView> = match (&self.choice, camera) {
            (Choice::None, _) | (_, CameraPreference::None) => None,
            (Choice::Only(only), _) => Some(only.view()),
            (Choice::System, CameraPreference::First) => Some(Box::new(|| camera_view(first()))),
            (Choice::System, CameraPreference::Index { index }) => {
                Some(Box::new(move || camera_view(index)))
            }
        };
        self.eye.look_at(view);
    }

    /// How the camera is doing.
    pub(crate) fn state(&self) -> CameraState {
        self.eye.state()
    }

    /// Stops looking, and waits for the last look to end.
    pub(crate) fn close(&self) {
        self.eye.close();
    }
}

fn shown(camera: gateline_scanner::frame::CameraName) -> CameraShown {
    CameraShown {
        index: camera.index,
        name: camera.name,
    }
}

/// The first camera that the system lists; one that is plugged in later has number 0.
fn first() -> u32 {
    let listed = cameras().unwrap_or_default();
    listed.iter().map(|camera| camera.index).min().unwrap_or(0)
}

fn camera_view(index: u32) -> View {
    View {
        source: Box::new(Camera::open(index)),
        pace: Pace::Newest,
    }
}

/// A source in the place of all cameras. It is made once, and kept while nobody looks.
struct StandIn {
    name: String,
    pace: Pace,
    source: Arc<Mutex<Source>>,
}

enum Source {
    Unmade(Option<MakeSource>),
    Made(Box<dyn FrameSource>),
}

impl StandIn {
    fn new(name: String, pace: Pace, make: MakeSource) -> Self {
        Self {
            name,
            pace,
            source: Arc::new(Mutex::new(Source::Unmade(Some(make)))),
        }
    }

    fn view(&self) -> MakeView {
        let (name, pace) = (self.name.clone(), self.pace);
        let source = Arc::clone(&self.source);
        Box::new(move || View {
            source: Box::new(Look { name, source }),
            pace,
        })
    }
}

/// One look at a source that outlives it.
struct Look {
    name: String,
    source: Arc<Mutex<Source>>,
}

impl FrameSource for Look {
    fn name(&self) -> &str {
        &self.name
    }

    fn next_frame(&mut self, wait: Duration) -> Result<Next, SourceError> {
        let mut source = self.source.lock().unwrap_or_else(PoisonError::into_inner);
        if let Source::Unmade(make) = &mut *source
            && let Some(make) = make.take()
        {
            *source = Source::Made(make());
        }
        match &mut *source {
            Source::Made(source) => source.next_frame(wait),
            // It could not be made.
            Source::Unmade(_) => Ok(Next::End),
        }
    }
}
