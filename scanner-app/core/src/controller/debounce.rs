//! The camera sees one code thirty times a second: that is one scan. Each code
//! has its own memory, so the next guest's code never waits for the last one.

use gateline_common::Hash;
use std::collections::HashMap;

const MOST_REMEMBERED: usize = 256;

/// Codes that the camera saw lately.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    seen: HashMap<Hash, u64>,
}

impl Debounce {
    /// Is this a new sight? A code that stays in view stays one scan.
    pub(super) fn is_new(&mut self, text: &str, now_ms: u64, within_ms: u64) -> bool {
        let fresh = |last: &u64| now_ms.saturating_sub(*last) < within_ms;
        if self.seen.len() >= MOST_REMEMBERED {
            self.seen.retain(|_, last| fresh(last));
        }
        let last = self.seen.insert(key(text), now_ms);
        !last.as_ref().is_some_and(fresh)
    }

    /// That scan did not come about: the next sight is new again.
    pub(super) fn forget(&mut self, text: &str) {
        self.seen.remove(&key(text));
    }
}

fn key(text: &str) -> Hash {
    Hash::of(&[text.trim().as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::Debounce;

    #[test]
    fn a_code_in_view_is_one_scan_and_the_next_guest_does_not_wait() {
        let mut debounce = Debounce::default();
        assert!(debounce.is_new("A", 0, 5_000));
        for frame in 1..300 {
            assert!(!debounce.is_new("A", frame * 33, 5_000));
        }
        assert!(debounce.is_new("B", 9_868, 5_000));
        let left = 299 * 33;
        assert!(!debounce.is_new("A", left + 4_999, 5_000));
        assert!(debounce.is_new("A", left + 4_999 + 5_000, 5_000));
        debounce.forget("A");
        assert!(debounce.is_new("A", left + 10_000, 5_000));
    }
}
