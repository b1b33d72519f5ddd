//! The ladder: which voices see a frame, and how long anybody waits for them.
//!
//! - **Preview**, for a camera: every frame goes to the first rung; and one of the other rungs
//!   sees it too, each in its turn. A ticket held still meets all of them within as many frames as
//!   there are other rungs (four).
//! - **Thorough**, for a file: one voice after the other, until one reads.
//!
//! Invariants: no call waits longer than its limits, whatever the voices do. A voice that is late
//! is not asked again before it is back. There is one thread to a voice, and none is ever joined.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};

use super::{
    Decoder, QuircsVoice, RqrrVoice, RxingVoice,
    worker::{Answer, Outcome, Worker},
};
use crate::frame::Frame;

/// How long the ladder waits.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For all answers to one preview frame. What comes later is given with the next frame.
    pub preview: Duration,
    /// For one voice in thorough mode.
    pub voice: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            preview: Duration::from_millis(100),
            voice: Duration::from_secs(3),
        }
    }
}

/// A text that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What the code says.
    pub text: String,
    /// Who read it.
    pub voice: &'static str,
    /// How long that voice took over the frame.
    pub ms: f64,
}

/// What one voice alone makes of a frame.
#[derive(Debug, Clone, PartialEq)]
pub struct VoiceAnswer {
    /// Who.
    pub voice: &'static str,
    /// What it read, or why it did not.
    pub outcome: Outcome,
    /// How long it took, or how long it was waited for.
    pub ms: f64,
}

/// How a voice is doing, for status lines and logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub voice: &'static str,
    /// Frames on which it panicked.
    pub panics: u32,
    /// For how long it has been over its present frame beyond the limit: it is benched.
    pub benched: Option<Duration>,
}

/// All voices, in the order in which they are asked.
pub struct Ladder {
    workers: Vec<Worker>,
    rungs: Vec<Vec<usize>>,
    limits: Limits,
    answers: Receiver<Answer>,
    number: u64,
    newest_read: u64,
    turn: usize,
}

impl Default for Ladder {
    fn default() -> Self {
        Self::new(Self::standard(), Limits::default())
    }
}

impl Ladder {
    /// The voices of a gate, rung by rung; `docs/decoding.md` has what each adds and costs.
    pub fn standard() -> Vec<Vec<Arc<dyn Decoder>>> {
        vec![
            vec![Arc::new(RxingVoice::Small)],
            vec![Arc::new(RxingVoice::Full)],
            vec![Arc::new(RxingVoice::Smoothed)],
            vec![
                Arc::new(RxingVoice::Filtered),
                Arc::new(RxingVoice::BoxThreshold),
            ],
            vec![Arc::new(QuircsVoice), Arc::new(RqrrVoice::default())],
        ]
    }

    /// A ladder of these rungs. The first one sees every preview frame.
    pub fn new(rungs: Vec<Vec<Arc<dyn Decoder>>>, limits: Limits) -> Self {
        let (sender, answers) = channel();
        let mut workers = Vec::new();
        let mut start = |decoder, sender: &Sender<Answer>| {
            workers.push(Worker::start(workers.len(), decoder, sender.clone()));
            workers.len() - 1
        };
        let rungs = rungs
            .into_iter()
            .map(|rung| {
                rung.into_iter()
                    .map(|decoder| start(decoder, &sender))
                    .collect()
            })
            .collect();
        Self {
            workers,
            rungs,
            limits,
            answers,
            number: 0,
            newest_read: 0,
            turn: 0,
        }
    }

    /// The voices' names, in order.
    pub fn voices(&self) -> Vec<&'static str> {
        self.workers
            .iter()
            .map(|worker| worker.decoder.name())
            .collect()
    }

    /// Shows a camera's frame to the first rung and to the one whose turn it is, and returns as
    /// soon as one of them has read it, or all have answered, or the time is over. What was read
    /// late in an earlier frame is given too, unless a newer frame has been read meanwhile.
    pub fn preview(&mut self, frame: &Arc<Frame>) -> Vec<Reading> {
        let mut readings = Vec::new();
        while let Ok(late) = self.answers.try_recv() {
            self.settle(late, &mut readings);
        }
        self.number += 1;
        let others = self.rungs.len().saturating_sub(1).max(1);
        let rungs = [0, 1 + self.turn % others];
        self.turn += 1;
        for voice in rungs
            .iter()
            .filter_map(|&rung| self.rungs.get(rung))
            .flatten()
        {
            self.workers[*voice].ask(self.number, frame);
        }
        let deadline = Instant::now() + self.limits.preview;
        while self.newest_read < self.number && self.is_asked(self.number) {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(answer) = self.answers.recv_timeout(left) else {
                break;
            };
            self.settle(answer, &mut readings);
        }
        readings
    }

    /// Asks one voice after the other until one reads a text; its texts.
    pub fn thorough(&mut self, frame: &Arc<Frame>) -> Vec<Reading> {
        self.thorough_until(frame, |_| true)
    }

    /// The same, going on until a text is wanted; all texts read on the way. For a picture in
    /// which foreign codes may be easier to read than the ticket.
    pub fn thorough_until(
        &mut self,
        frame: &Arc<Frame>,
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<Reading> {
        let mut readings: Vec<Reading> = Vec::new();
        for voice in 0..self.workers.len() {
            let VoiceAnswer { voice, outcome, ms } = self.ask_one(voice, frame);
            let Outcome::Read(texts) = outcome else {
                continue;
            };
            for text in texts {
                if !readings.iter().any(|reading| reading.text == text) {
                    readings.push(Reading { text, voice, ms });
                }
            }
            if readings.iter().any(|reading| wanted(&reading.text)) {
                break;
            }
        }
        readings
    }

    /// What each voice alone makes of the frame, one after the other.
    pub fn each(&mut self, frame: &Arc<Frame>) -> Vec<VoiceAnswer> {
        (0..self.workers.len())
            .map(|voice| self.ask_one(voice, frame))
            .collect()
    }

    /// How the voices are doing.
    pub fn standing(&self) -> Vec<Standing> {
        let stand = |worker: &Worker| Standing {
            voice: worker.decoder.name(),
            panics: worker.panics,
            benched: worker.overdue(self.limits.voice),
        };
        self.workers.iter().map(stand).collect()
    }

    fn ask_one(&mut self, voice: usize, frame: &Arc<Frame>) -> VoiceAnswer {
        self.number += 1;
        while let Ok(late) = self.answers.try_recv() {
            self.free(late);
        }
        let started = Instant::now();
        // It may still be over an earlier frame; unless it is benched it has time for both.
        let benched = self.workers[voice].overdue(self.limits.voice).is_some();
        let deadline = if benched {
            started
        } else {
            started + self.limits.voice
        };
        loop {
            self.workers[voice].ask(self.number, frame);
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(answer) = self.answers.recv_timeout(left) else {
                break;
            };
            let (from, number, took) = (answer.voice, answer.number, answer.took);
            let outcome = self.free(answer);
            if (from, number) == (voice, self.number) {
                return self.answered(voice, outcome, took);
            }
        }
        self.answered(voice, Outcome::Late, started.elapsed())
    }

    fn answered(&self, voice: usize, outcome: Outcome, took: Duration) -> VoiceAnswer {
        let ms = took.as_secs_f64() * 1000.0;
        VoiceAnswer {
            voice: self.workers[voice].decoder.name(),
            outcome,
            ms,
        }
    }

    /// Whether any voice is still over this frame.
    fn is_asked(&self, number: u64) -> bool {
        self.workers
            .iter()
            .any(|worker| worker.busy.is_some_and(|(busy, _)| busy == number))
    }

    /// The voice is free again.
    fn free(&mut self, answer: Answer) -> Outcome {
        let worker = &mut self.workers[answer.voice];
        worker.busy = None;
        if matches!(answer.outcome, Outcome::Panicked(_)) {
            worker.panics = worker.panics.saturating_add(1);
        }
        answer.outcome
    }

    /// Takes up an answer in preview; what is older than the newest frame that was read is dropped.
    fn settle(&mut self, answer: Answer, readings: &mut Vec<Reading>) {
        let (voice, number, took) = (answer.voice, answer.number, answer.took);
        let Outcome::Read(texts) = self.free(answer) else {
            return;
        };
        if texts.is_empty() || number <= self.newest_read {
            return;
        }
        self.newest_read = number;
        let (voice, ms) = (
            self.workers[voice].decoder.name(),
            took.as_secs_f64() * 1000.0,
        );
        for text in texts {
            if !readings.iter().any(|reading| reading.text == text) {
                readings.push(Reading { text, voice, ms });
            }
        }
    }
}

#[cfg(test)]
mod tests;
