//! How many pictures a second the eye of a gate shows and reads of a camera of 30
//! frames of 1280x720 a second.
//!
//! ```text
//! cargo run --release -p gateline-scanner --example camera_pace
//! ```
#![expect(clippy::print_stdout, reason = "an example speaks to its terminal")]

use clap::Parser;
use gateline_scanner::controller::Preview;
use gateline_scanner::eye::{CameraState, Eye, Pace, View, Viewer};
use gateline_scanner::frame::{Frame, FrameSource, NamedFrame, Next, SourceError};
use gateline_scanner::synth::{Trouble, code, room};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Of the camera.
const FRAMES_A_SECOND: u64 = 30;

/// Measure the eye of a gate.
#[derive(Parser)]
struct Args {
    /// How long.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
}

/// The newest of a few frames, as a camera gives it.
struct Replay {
    frames: Vec<Arc<Frame>>,
    started: Instant,
    last: u64,
    never: (Sender<()>, Receiver<()>),
}

impl FrameSource for Replay {
    fn name(&self) -> &str {
        "replay"
    }

    fn next_frame(&mut self, wait: Duration) -> Result<Next, SourceError> {
        let due = Duration::from_millis((self.last + 1) * 1000 / FRAMES_A_SECOND);
        let left = due.saturating_sub(self.started.elapsed());
        if left > wait {
            return Ok(Next::Nothing);
        }
        if self.never.1.recv_timeout(left) == Err(RecvTimeoutError::Disconnected) {
            return Ok(Next::End);
        }
        let millis = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last = (millis * FRAMES_A_SECOND / 1000).max(self.last + 1);
        let index = usize::try_from(self.last).unwrap_or(0) % self.frames.len();
        Ok(Next::Frame(NamedFrame {
            name: "replay".to_owned(),
            frame: Arc::clone(&self.frames[index]),
        }))
    }
}

#[derive(Default)]
struct Count {
    shown: AtomicU64,
    read: AtomicU64,
    longest_ms: AtomicU64,
    last: Mutex<Option<Instant>>,
}

struct Counter(Arc<Count>);

impl Viewer for Counter {
    fn state(&self, _: &CameraState) {}

    fn picture(&self, _: Preview<'_>) {
        self.0.shown.fetch_add(1, Ordering::Relaxed);
        let Ok(mut last) = self.0.last.lock() else {
            return;
        };
        if let Some(last) = last.replace(Instant::now()) {
            let gap = u64::try_from(last.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.0.longest_ms.fetch_max(gap, Ordering::Relaxed);
        }
    }

    fn read(&self, _: Vec<String>) {
        self.0.read.fetch_add(1, Ordering::Relaxed);
    }
}

fn main() {
    let args = Args::parse();
    for (what, frames) in [("rooms without a code", rooms()), ("tickets", tickets())] {
        let count = Arc::new(Count::default());
        let eye = Eye::open(Counter(Arc::clone(&count)));
        eye.look_at(Some(Box::new(move || View {
            source: Box::new(Replay {
                frames,
                started: Instant::now(),
                last: 0,
                never: channel(),
            }),
            pace: Pace::Newest,
        })));
        // Nobody sends: this is a clock.
        let (_keep, clock) = channel::<()>();
        let started = Instant::now();
        let _ = clock.recv_timeout(Duration::from_secs(args.seconds));
        let seconds = started.elapsed().as_secs_f64();
        let rate = |of: &AtomicU64| of.load(Ordering::Relaxed) as f64 / seconds;
        println!(
            "{what}: {:.1} pictures shown a second, at most {} ms apart; a code read in {:.1} frames a second",
            rate(&count.shown),
            count.longest_ms.load(Ordering::Relaxed),
            rate(&count.read),
        );
        eye.close();
    }
}

fn rooms() -> Vec<Arc<Frame>> {
    (0..10).map(|seed| Arc::new(room(seed))).collect()
}

fn tickets() -> Vec<Arc<Frame>> {
    let text = "12345678901234567890";
    let drawn = |(seed, trouble): (u64, &Trouble)| Arc::new(code(text, *trouble, 2, seed));
    (0..).zip(Trouble::ALL.iter()).map(drawn).collect()
}
