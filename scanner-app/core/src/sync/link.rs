//! The state of the connection, kept in memory: how old the last contact is,
//! what is wrong, and whether it is worth asking the server about an admission.

use super::SyncError;
use crate::controller::{Link, Trouble};

/// The connection as it is now.
#[derive(Debug, Clone)]
pub(crate) struct LinkNow {
    pub(crate) link: Link,
    pub(crate) trouble: Option<Trouble>,
    /// Steady time of the last answer.
    contact_ms: Option<u64>,
    /// Wall clock minus steady clock at that time, to notice a reset clock.
    wall_minus_steady_ms: Option<i64>,
    /// The last admission was not confirmed in time, and no exchange since was
    /// fast enough.
    slow: bool,
}

impl LinkNow {
    pub(crate) const fn new(revoked: bool) -> Self {
        Self {
            link: if revoked { Link::Revoked } else { Link::NotYet },
            trouble: None,
            contact_ms: None,
            wall_minus_steady_ms: None,
            slow: false,
        }
    }

    /// The server answered after `round_trip_ms`.
    pub(crate) fn answered(&mut self, steady_ms: u64, wall_ms: i64, fast: bool) {
        if self.link != Link::Revoked {
            self.link = Link::Online;
            self.trouble = None;
        }
        self.contact_ms = Some(steady_ms);
        self.wall_minus_steady_ms = Some(wall_ms.saturating_sub_unsigned(steady_ms));
        if fast {
            self.slow = false;
        }
    }

    pub(crate) fn failed(&mut self, error: &SyncError) {
        self.link = match (self.link, error) {
            (Link::Revoked, _) | (_, SyncError::Revoked) => Link::Revoked,
            _ => Link::Offline,
        };
        self.trouble = Some(Trouble {
            code: error.code().to_owned(),
            message: error.to_string(),
        });
    }

    /// An admission was not confirmed in time: do not let the next guests wait
    /// for the same silence.
    pub(crate) fn too_slow(&mut self) {
        self.slow = true;
    }

    pub(crate) fn age_ms(&self, steady_ms: u64) -> Option<u64> {
        Some(steady_ms.saturating_sub(self.contact_ms?))
    }

    /// Is the server worth asking: reached lately, and fast enough?
    pub(crate) fn is_close(&self, steady_ms: u64, contact_limit_ms: u64) -> bool {
        self.link == Link::Online
            && !self.slow
            && self
                .age_ms(steady_ms)
                .is_some_and(|age| age < contact_limit_ms)
    }

    /// How far the wall clock was moved since the last contact, milliseconds.
    pub(crate) fn clock_moved_ms(&self, steady_ms: u64, wall_ms: i64) -> i64 {
        self.wall_minus_steady_ms.map_or(0, |before| {
            wall_ms.saturating_sub_unsigned(steady_ms) - before
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gate_asks_only_a_server_that_answered_lately_and_in_time() {
        let mut link = LinkNow::new(false);
        assert!(!link.is_close(0, 10_000));
        link.answered(1_000, 50_000, true);
        assert!(link.is_close(10_999, 10_000));
        assert!(!link.is_close(11_000, 10_000));
        link.too_slow();
        assert!(!link.is_close(1_001, 10_000));
        link.answered(2_000, 51_000, false);
        assert!(!link.is_close(2_001, 10_000), "slow until a fast answer");
        link.answered(3_000, 52_000, true);
        assert!(link.is_close(3_001, 10_000));
        link.failed(&SyncError::Refused);
        assert!(!link.is_close(3_002, 10_000));
    }

    #[test]
    fn a_wall_clock_that_was_moved_is_noticed() {
        let mut link = LinkNow::new(false);
        link.answered(1_000, 50_000, true);
        assert_eq!(link.clock_moved_ms(4_000, 53_000), 0);
        assert_eq!(link.clock_moved_ms(4_000, 53_000 - 3_600_000), -3_600_000);
    }

    #[test]
    fn a_revoked_device_stays_revoked() {
        let mut link = LinkNow::new(false);
        link.failed(&SyncError::Revoked);
        link.answered(1, 1, true);
        link.failed(&SyncError::Refused);
        assert_eq!(link.link, Link::Revoked);
    }
}
