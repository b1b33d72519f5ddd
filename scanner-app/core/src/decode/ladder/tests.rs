//! The ladder with voices made for the test: that read, hang and panic at will.

use std::sync::{Condvar, Mutex};

use super::*;
use crate::synth::{flat, side_by_side};

const SOON: Duration = Duration::from_secs(20);

/// Reads its own name off every frame.
struct Reads(&'static str);

impl Decoder for Reads {
    fn name(&self) -> &'static str {
        self.0
    }

    fn read(&self, _: &Frame) -> Vec<String> {
        vec![self.0.to_owned()]
    }
}

/// Sees nothing.
struct Blind;

impl Decoder for Blind {
    fn name(&self) -> &'static str {
        "blind"
    }

    fn read(&self, _: &Frame) -> Vec<String> {
        Vec::new()
    }
}

/// Panics over every frame.
struct Panics;

impl Decoder for Panics {
    fn name(&self) -> &'static str {
        "panics"
    }

    fn read(&self, _: &Frame) -> Vec<String> {
        panic!("on purpose")
    }
}

/// Hangs over every frame until it is let go, once for each time.
#[derive(Default)]
struct Hangs {
    times: Mutex<u32>,
    changed: Condvar,
}

impl Hangs {
    fn let_go(&self, times: u32) {
        *self.times.lock().unwrap() += times;
        self.changed.notify_all();
    }
}

impl Decoder for Hangs {
    fn name(&self) -> &'static str {
        "hangs"
    }

    fn read(&self, _: &Frame) -> Vec<String> {
        let held = self
            .changed
            .wait_while(self.times.lock().unwrap(), |times| *times == 0);
        *held.unwrap() -= 1;
        vec!["hangs".to_owned()]
    }
}

fn frame() -> Arc<Frame> {
    Arc::new(Frame::new(vec![255; 64], 8, 8).unwrap())
}

fn short() -> Limits {
    Limits {
        preview: Duration::from_millis(20),
        voice: Duration::from_millis(20),
    }
}

fn patient() -> Limits {
    Limits {
        preview: SOON,
        voice: SOON,
    }
}

fn texts(readings: &[Reading]) -> Vec<&str> {
    readings
        .iter()
        .map(|reading| reading.text.as_str())
        .collect()
}

/// Shows frames until one gives a reading.
fn preview_until_read(ladder: &mut Ladder) -> Vec<Reading> {
    let deadline = Instant::now() + SOON;
    loop {
        let readings = ladder.preview(&frame());
        assert!(Instant::now() < deadline, "nothing was read");
        if !readings.is_empty() {
            return readings;
        }
    }
}

#[test]
fn a_ticket_held_still_meets_every_rung_in_turn() {
    let rungs: Vec<Vec<Arc<dyn Decoder>>> = vec![
        vec![Arc::new(Blind)],
        vec![Arc::new(Reads("second"))],
        vec![Arc::new(Panics)],
        vec![Arc::new(Blind), Arc::new(Reads("fourth"))],
    ];
    let mut ladder = Ladder::new(rungs, patient());
    let read: Vec<String> = (0..6)
        .flat_map(|_| ladder.preview(&frame()))
        .map(|reading| reading.text)
        .collect();
    assert_eq!(read, ["second", "fourth", "second", "fourth"]);
}

#[test]
fn a_frame_that_is_read_waits_for_nobody() {
    let hangs = Arc::new(Hangs::default());
    let rungs: Vec<Vec<Arc<dyn Decoder>>> =
        vec![vec![Arc::new(Reads("first"))], vec![hangs.clone()]];
    // Waiting for the hanging voice would be a matter of hours.
    let limits = Limits {
        preview: SOON * 500,
        voice: SOON * 500,
    };
    let mut ladder = Ladder::new(rungs, limits);
    for _ in 0..3 {
        assert_eq!(texts(&ladder.preview(&frame())), ["first"]);
    }
    hangs.let_go(1000);
}

#[test]
fn a_voice_that_hangs_is_benched_and_delays_nobody() {
    let hangs = Arc::new(Hangs::default());
    let rungs: Vec<Vec<Arc<dyn Decoder>>> =
        vec![vec![hangs.clone()], vec![Arc::new(Reads("second"))]];
    let mut ladder = Ladder::new(rungs, short());
    assert_eq!(texts(&preview_until_read(&mut ladder)), ["second"]);
    let deadline = Instant::now() + SOON;
    loop {
        assert!(Instant::now() < deadline, "the second voice was delayed");
        let answers = ladder.each(&frame());
        assert_eq!(answers[0].outcome, Outcome::Late);
        if answers[1].outcome == Outcome::Read(vec!["second".to_owned()]) {
            break;
        }
    }
    let standing = ladder.standing();
    assert!(standing[0].benched.is_some() && standing[1].benched.is_none());
    hangs.let_go(1000);
}

#[test]
fn a_benched_voice_that_comes_back_is_asked_again() {
    let hangs = Arc::new(Hangs::default());
    let rungs: Vec<Vec<Arc<dyn Decoder>>> = vec![vec![hangs.clone()]];
    let mut ladder = Ladder::new(rungs, short());
    assert!(ladder.thorough(&frame()).is_empty());
    assert!(ladder.thorough(&frame()).is_empty());
    hangs.let_go(1000);
    for _ in 0..2 {
        assert_eq!(texts(&preview_until_read(&mut ladder)), ["hangs"]);
    }
}

#[test]
fn what_is_read_late_is_dropped_once_a_newer_frame_was_read() {
    let hangs = Arc::new(Hangs::default());
    let rungs: Vec<Vec<Arc<dyn Decoder>>> =
        vec![vec![Arc::new(Reads("first"))], vec![hangs.clone()]];
    let mut ladder = Ladder::new(rungs, patient());
    ladder.preview(&frame());
    ladder.preview(&frame());
    hangs.let_go(1);
    let deadline = Instant::now() + SOON;
    while ladder.workers[1]
        .busy
        .is_some_and(|(number, _)| number == 1)
    {
        assert!(Instant::now() < deadline);
        assert_eq!(texts(&ladder.preview(&frame())), ["first"]);
    }
    hangs.let_go(1000);
}

#[test]
fn a_voice_that_panics_has_read_nothing_and_is_asked_again() {
    let rungs: Vec<Vec<Arc<dyn Decoder>>> =
        vec![vec![Arc::new(Panics)], vec![Arc::new(Reads("second"))]];
    let mut ladder = Ladder::new(rungs, patient());
    for _ in 0..3 {
        assert_eq!(texts(&ladder.thorough(&frame())), ["second"]);
    }
    assert_eq!(ladder.standing()[0].panics, 3);
    assert_eq!(
        ladder.each(&frame())[0].outcome,
        Outcome::Panicked("on purpose".to_owned())
    );
}

#[test]
fn thorough_goes_on_past_foreign_codes_until_a_wanted_one_is_read() {
    let rungs: Vec<Vec<Arc<dyn Decoder>>> = vec![
        vec![Arc::new(Reads("poster"))],
        vec![Arc::new(Reads("ticket"))],
        vec![Arc::new(Reads("never asked"))],
    ];
    let mut ladder = Ladder::new(rungs, patient());
    let readings = ladder.thorough_until(&frame(), |text| text == "ticket");
    assert_eq!(texts(&readings), ["poster", "ticket"]);
}

#[test]
fn every_voice_reads_a_plain_code_and_an_inverted_one() {
    let plain = flat("12345678901234567890", 6);
    let inverse = plain.luma().iter().map(|pixel| 255 - pixel).collect();
    let inverse = Frame::new(inverse, plain.width(), plain.height()).unwrap();
    let mut ladder = Ladder::new(Ladder::standard(), patient());
    for (way, frame) in [("plain", plain), ("inverse", inverse)] {
        for answer in ladder.each(&Arc::new(frame)) {
            let read = Outcome::Read(vec!["12345678901234567890".to_owned()]);
            assert_eq!(answer.outcome, read, "{}, {way}", answer.voice);
        }
    }
}

#[test]
fn two_codes_in_one_frame_are_both_read() {
    let frame = side_by_side("1111111111", "2222222222");
    let readings = Ladder::default().thorough(&Arc::new(frame));
    let mut both = texts(&readings);
    both.sort_unstable();
    assert_eq!(both, ["1111111111", "2222222222"]);
}

#[test]
fn noise_is_no_code() {
    let mut state = 1u32;
    let noise = (0..320 * 240).map(|_| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    });
    let frame = Arc::new(Frame::new(noise.collect(), 320, 240).unwrap());
    for answer in Ladder::new(Ladder::standard(), patient()).each(&frame) {
        assert!(!matches!(&answer.outcome, Outcome::Read(texts) if !texts.is_empty()));
    }
}
