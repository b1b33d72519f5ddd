//! One voice on a thread of its own.
//!
//! A voice has one thread for life and one frame at a time. A panic is caught: it has read
//! nothing. A voice that hangs keeps its thread, is asked nothing more until it comes back, and is
//! never waited for or joined. So there are never more threads than voices.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Once,
        mpsc::{Receiver, Sender, SyncSender, sync_channel},
    },
    time::{Duration, Instant},
};

use super::Decoder;
use crate::frame::Frame;

/// The names of the voices' threads start with this.
const THREAD: &str = "voice ";

/// How asking a voice ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It looked at the frame; these are the texts, or none.
    Read(Vec<String>),
    /// It panicked, and has read nothing.
    Panicked(String),
    /// It did not answer in time, or still sits over an earlier frame.
    Late,
}

/// What a voice found in one frame.
pub(super) struct Answer {
    pub(super) voice: usize,
    pub(super) number: u64,
    pub(super) outcome: Outcome,
    /// What reading took, without waiting.
    pub(super) took: Duration,
}

struct Ask {
    number: u64,
    frame: Arc<Frame>,
}

/// The ladder's end of a voice's thread.
pub(super) struct Worker {
    pub(super) decoder: Arc<dyn Decoder>,
    asks: SyncSender<Ask>,
    /// What it is asked now: the frame's number, and since when.
    pub(super) busy: Option<(u64, Instant)>,
    pub(super) panics: u32,
}

impl Worker {
    /// Starts the voice's thread, which ends when the worker is dropped and the voice has come
    /// back. Where no thread can be had, the voice is silent.
    pub(super) fn start(voice: usize, decoder: Arc<dyn Decoder>, answers: Sender<Answer>) -> Self {
        quiet_panics();
        let (asks, inbox) = sync_channel(1);
        let theirs = Arc::clone(&decoder);
        let started = std::thread::Builder::new()
            .name(format!("{THREAD}{}", decoder.name()))
            .spawn(move || run(voice, &*theirs, &inbox, &answers));
        if let Err(error) = started {
            tracing::error!(voice = decoder.name(), %error, "no thread for this voice");
        }
        Self {
            decoder,
            asks,
            busy: None,
            panics: 0,
        }
    }

    /// Shows the voice a frame; false if it is not free.
    pub(super) fn ask(&mut self, number: u64, frame: &Arc<Frame>) -> bool {
        if self.busy.is_some() {
            return false;
        }
        let asked = self
            .asks
            .try_send(Ask {
                number,
                frame: Arc::clone(frame),
            })
            .is_ok();
        if asked {
            self.busy = Some((number, Instant::now()));
        }
        asked
    }

    /// How long it has been over its frame, if that is longer than the limit.
    pub(super) fn overdue(&self, limit: Duration) -> Option<Duration> {
        self.busy
            .map(|(_, since)| since.elapsed())
            .filter(|&elapsed| elapsed > limit)
    }
}

fn run(voice: usize, decoder: &dyn Decoder, inbox: &Receiver<Ask>, answers: &Sender<Answer>) {
    for Ask { number, frame } in inbox {
        let started = Instant::now();
        let outcome = match catch_unwind(AssertUnwindSafe(|| decoder.read(&frame))) {
            Ok(texts) => Outcome::Read(texts),
            Err(cause) => Outcome::Panicked(words(&*cause)),
        };
        let took = started.elapsed();
        if answers
            .send(Answer {
                voice,
                number,
                outcome,
                took,
            })
            .is_err()
        {
            return;
        }
    }
}

fn words(cause: &(dyn Any + Send)) -> String {
    let literal = cause
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned());
    literal
        .or_else(|| cause.downcast_ref::<String>().cloned())
        .unwrap_or_default()
}

/// A voice's panic is expected, and must not fill the terminal thirty times a second: it goes to
/// the log. Panics of all other threads are reported as before.
fn quiet_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let thread = std::thread::current();
            match thread.name().and_then(|name| name.strip_prefix(THREAD)) {
                Some(voice) => tracing::debug!(voice, %panic, "a voice panicked"),
                None => before(panic),
            }
        }));
    });
}
