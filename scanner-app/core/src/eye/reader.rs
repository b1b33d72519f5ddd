//! The thread that reads, and the place where a frame waits for it: one at most.

use super::{Pace, Viewer, is_ours, lock};
use crate::decode::Ladder;
use crate::frame::Frame;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// Where a frame waits until it is read.
#[derive(Default)]
pub(super) struct Desk {
    slot: Mutex<Slot>,
    changed: Condvar,
}

#[derive(Default)]
struct Slot {
    frame: Option<(Arc<Frame>, Pace)>,
    closed: bool,
}

impl Desk {
    /// Has this read next: in the place of what waits, or, where each is read, after it.
    pub(super) fn put(&self, frame: Arc<Frame>, pace: Pace) {
        let mut slot = lock(&self.slot);
        if pace == Pace::Each {
            let taken = |slot: &mut Slot| slot.frame.is_some() && !slot.closed;
            let waited = self.changed.wait_while(slot, taken);
            slot = waited.unwrap_or_else(PoisonError::into_inner);
        }
        slot.frame = Some((frame, pace));
        drop(slot);
        self.changed.notify_all();
    }

    /// Nobody looks at that any more.
    pub(super) fn clear(&self) {
        lock(&self.slot).frame = None;
        self.changed.notify_all();
    }

    /// The frame that is being read is the last.
    pub(super) fn close(&self) {
        lock(&self.slot).closed = true;
        self.changed.notify_all();
    }

    /// The next frame, as soon as there is one; `None` after the last.
    fn take(&self) -> Option<(Arc<Frame>, Pace)> {
        let empty = |slot: &mut Slot| slot.frame.is_none() && !slot.closed;
        let waited = self.changed.wait_while(lock(&self.slot), empty);
        let mut slot = waited.unwrap_or_else(PoisonError::into_inner);
        if slot.closed {
            return None;
        }
        let frame = slot.frame.take();
        drop(slot);
        self.changed.notify_all();
        frame
    }

    /// Reads until the last frame.
    pub(super) fn read(&self, mut ladder: Ladder, viewer: &dyn Viewer) {
        while let Some((frame, pace)) = self.take() {
            let readings = match pace {
                Pace::Newest => ladder.preview(&frame),
                Pace::Each => ladder.thorough_until(&frame, is_ours),
            };
            if !readings.is_empty() {
                viewer.read(readings.into_iter().map(|reading| reading.text).collect());
            }
        }
    }
}
