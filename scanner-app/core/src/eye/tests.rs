//! The eye before sources made for the test.

use super::*;
use crate::decode::{Decoder, Limits};
use crate::frame::{NamedFrame, SourceError};

const SOON: Duration = Duration::from_secs(20);

#[derive(Debug, PartialEq)]
enum Told {
    State(CameraState),
    Picture(u8),
    Read(Vec<String>),
}

struct Recorder(Mutex<Sender<Told>>);

impl Recorder {
    fn tell(&self, told: Told) {
        // The test may have seen enough.
        let _ = self.0.lock().unwrap().send(told);
    }
}

impl Viewer for Recorder {
    fn state(&self, state: &CameraState) {
        self.tell(Told::State(state.clone()));
    }
    fn picture(&self, picture: Preview<'_>) {
        self.tell(Told::Picture(picture.grey[0]));
    }
    fn read(&self, texts: Vec<String>) {
        self.tell(Told::Read(texts));
    }
}

/// Gives the greys that the test sends; `None` is a camera that was unplugged.
struct Scripted(Receiver<Option<u8>>);

impl FrameSource for Scripted {
    fn name(&self) -> &str {
        "camera 3"
    }

    fn next_frame(&mut self, _: Duration) -> Result<Next, SourceError> {
        match self.0.recv_timeout(Duration::from_millis(10)) {
            Ok(Some(grey)) => Ok(Next::Frame(NamedFrame {
                name: "camera 3".to_owned(),
                frame: Arc::new(Frame::new(vec![grey], 1, 1).unwrap()),
            })),
            Ok(None) => Err(SourceError::Camera {
                name: "camera 3".to_owned(),
                reason: "unplugged".to_owned(),
            }),
            Err(RecvTimeoutError::Timeout) => Ok(Next::Nothing),
            Err(RecvTimeoutError::Disconnected) => Ok(Next::End),
        }
    }
}

fn scripted(pace: Pace) -> (Sender<Option<u8>>, MakeView) {
    let (script, greys) = mpsc::channel();
    let view = Box::new(move || View {
        source: Box::new(Scripted(greys)),
        pace,
    });
    (script, view)
}

/// Reads the grey of a frame, as slowly as the test lets it.
struct Slow(Mutex<Receiver<()>>);

impl Decoder for Slow {
    fn name(&self) -> &'static str {
        "slow"
    }

    fn read(&self, frame: &Frame) -> Vec<String> {
        self.0.lock().unwrap().recv_timeout(SOON).unwrap();
        vec![frame.luma()[0].to_string()]
    }
}

/// An eye that reads one frame for each word of the test.
fn slow_eye() -> (Eye, Sender<()>, Receiver<Told>) {
    let ((let_go, going), (sender, told)) = (mpsc::channel(), mpsc::channel());
    let ladder = move || {
        let limits = Limits {
            preview: SOON,
            voice: SOON,
        };
        Ladder::new(vec![vec![Arc::new(Slow(Mutex::new(going)))]], limits)
    };
    let eye = Eye::with(Recorder(Mutex::new(sender)), ladder);
    (eye, let_go, told)
}

fn pictures_and_readings(told: &Receiver<Told>, readings: usize) -> (Vec<u8>, Vec<String>) {
    let (mut pictures, mut read) = (Vec::new(), Vec::new());
    while read.len() < readings {
        match told.recv_timeout(SOON).unwrap() {
            Told::State(_) => {}
            Told::Picture(grey) => pictures.push(grey),
            Told::Read(texts) => read.extend(texts),
        }
    }
    (pictures, read)
}

fn next_state(told: &Receiver<Told>) -> CameraState {
    loop {
        if let Told::State(state) = told.recv_timeout(SOON).unwrap() {
            return state;
        }
    }
}

fn see(told: &Receiver<Told>, grey: u8) {
    while told.recv_timeout(SOON).unwrap() != Told::Picture(grey) {}
}

fn seeing() -> CameraState {
    CameraState::Seeing {
        name: "camera 3".to_owned(),
        width: 1,
        height: 1,
    }
}

#[test]
fn a_slow_reading_drops_frames_and_every_picture_is_shown_meanwhile() {
    let (eye, let_go, told) = slow_eye();
    let (camera, view) = scripted(Pace::Newest);
    eye.look_at(Some(view));
    camera.send(Some(1)).unwrap();
    see(&told, 1);
    // The reading thread is over the first one, or about to be.
    let_go.send(()).unwrap();
    assert_eq!(pictures_and_readings(&told, 1).1, ["1"]);
    for grey in 2..=30 {
        camera.send(Some(grey)).unwrap();
        see(&told, grey);
    }
    // What is shown after it was put where the reading thread takes it from.
    camera.send(Some(30)).unwrap();
    see(&told, 30);
    for _ in 0..2 {
        let_go.send(()).unwrap();
    }
    // It may have taken none of them before the last.
    let (_, mut read) = pictures_and_readings(&told, 1);
    if read != ["30"] {
        read.extend(pictures_and_readings(&told, 1).1);
        assert_eq!(read[1], "30", "it was read at its newest frame: {read:?}");
    }
    let_go.send(()).unwrap();
    eye.close();
}

#[test]
fn of_files_each_is_read_however_slowly() {
    let (eye, let_go, told) = slow_eye();
    let (folder, view) = scripted(Pace::Each);
    eye.look_at(Some(view));
    for grey in 1..=5 {
        folder.send(Some(grey)).unwrap();
        let_go.send(()).unwrap();
    }
    let (_, read) = pictures_and_readings(&told, 5);
    assert_eq!(read, ["1", "2", "3", "4", "5"]);
    eye.close();
}

#[test]
fn a_camera_that_is_unplugged_is_told_and_seen_again_when_it_is_back() {
    let (eye, _let_go, told) = slow_eye();
    assert_eq!(eye.state(), CameraState::Off);
    let (camera, view) = scripted(Pace::Newest);
    eye.look_at(Some(view));
    assert_eq!(next_state(&told), CameraState::Starting);
    camera.send(Some(1)).unwrap();
    assert_eq!(next_state(&told), seeing());
    camera.send(None).unwrap();
    let CameraState::Trouble { name, code, .. } = next_state(&told) else {
        panic!("no trouble")
    };
    assert_eq!((name.as_str(), code.as_str()), ("camera 3", "camera"));
    camera.send(None).unwrap();
    camera.send(Some(2)).unwrap();
    assert_eq!(next_state(&told), seeing());
    assert_eq!(eye.state(), seeing());
}

#[test]
fn another_camera_is_chosen_while_one_is_seen_and_none_is_off() {
    let (eye, let_go, told) = slow_eye();
    let (one, view) = scripted(Pace::Newest);
    eye.look_at(Some(view));
    one.send(Some(1)).unwrap();
    see(&told, 1);
    let (other, view) = scripted(Pace::Newest);
    eye.look_at(Some(view));
    other.send(Some(2)).unwrap();
    see(&told, 2);
    assert!(one.send(Some(3)).is_err(), "the first one was closed");
    eye.look_at(None);
    while next_state(&told) != CameraState::Off {}
    assert_eq!(eye.state(), CameraState::Off);
    drop(let_go);
}
