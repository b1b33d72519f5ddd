//! How often a failed delivery is tried again, and after how long. One that only
//! waits for something is tried again for ever.

use std::time::Duration;

/// The tries. Each pause is a queue of the broker's, whose messages go back to
/// the consumer when their time is up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retries {
    /// After how long, and how many times in a row.
    pub pauses: Vec<(Duration, u32)>,
}

impl Default for Retries {
    /// Twenty-five tries within about a quarter of an hour.
    fn default() -> Self {
        let pauses = [(100, 3), (1_000, 4), (10_000, 5), (60_000, 12)];
        let pauses = pauses.map(|(ms, times)| (Duration::from_millis(ms), times));
        Self {
            pauses: pauses.to_vec(),
        }
    }
}

impl Retries {
    /// How long to wait after so many failed tries (1 for the first); `None`
    /// when it is enough.
    pub(super) fn pause_after(&self, tries: u32) -> Option<Duration> {
        let mut before = 0;
        for (pause, times) in &self.pauses {
            before += times;
            if tries <= before {
                return Some(*pause);
            }
        }
        None
    }

    /// How long to wait after so many tries that were too early: the same pauses,
    /// and then the longest for ever. `None` only where there are no pauses.
    pub(super) fn pause_of_wait(&self, waits: u32) -> Option<Duration> {
        let longest = || self.pauses.iter().map(|(pause, _)| *pause).max();
        self.pause_after(waits).or_else(longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_five_tries_within_a_quarter_of_an_hour_and_no_more() {
        let retries = Retries::default();
        let pauses: Vec<Duration> = (1..).map_while(|n| retries.pause_after(n)).collect();
        assert_eq!(pauses.len() + 1, 25);
        let all: Duration = pauses.iter().sum();
        assert!(all > Duration::from_secs(12 * 60) && all < Duration::from_secs(15 * 60));
        assert_eq!(pauses[0], Duration::from_millis(100));
    }

    #[test]
    fn what_waits_is_tried_with_growing_pauses_and_never_given_up() {
        let retries = Retries::default();
        let pauses: Vec<Duration> = (1..=100).map_while(|n| retries.pause_of_wait(n)).collect();
        assert_eq!(pauses.len(), 100);
        assert!(pauses.is_sorted());
        assert_eq!(pauses[0], Duration::from_millis(100));
        let longest = Some(Duration::from_secs(60));
        assert_eq!(retries.pause_of_wait(25), longest);
        assert_eq!(retries.pause_of_wait(u32::MAX), longest);
    }
}
