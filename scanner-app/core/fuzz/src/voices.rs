//! What holds of any frame: no voice takes for ever over it, and a voice that
//! panics has read nothing and reads the next frame.

use gateline_scanner::decode::{Ladder, Limits, Outcome};
use gateline_scanner::frame::{Frame, LONGEST_SIDE};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Voices are shown at most this many pixels a side, so that a case is quick.
pub(crate) const SHOWN_SIDE: u32 = 128;
/// Far beyond what a voice needs for a picture of that size on a busy machine.
const FOR_EVER: Duration = Duration::from_secs(300);

static LADDER: Mutex<Option<Ladder>> = Mutex::new(None);

/// Panics when something does not hold of `frame`.
pub(crate) fn hold(frame: &Frame) {
    let (width, height) = (frame.width(), frame.height());
    assert!((1..=LONGEST_SIDE).contains(&width) && (1..=LONGEST_SIDE).contains(&height));
    assert_eq!(frame.luma().len(), width as usize * height as usize);
    let shown = Arc::new(frame.scaled_to(SHOWN_SIDE).into_owned());
    let mut ladder = LADDER.lock().unwrap_or_else(PoisonError::into_inner);
    let ladder = ladder.get_or_insert_with(|| {
        let limits = Limits {
            voice: FOR_EVER,
            ..Limits::default()
        };
        Ladder::new(Ladder::standard(), limits)
    });
    for answer in ladder.each(&shown) {
        assert_ne!(answer.outcome, Outcome::Late, "{}", answer.voice);
    }
}
