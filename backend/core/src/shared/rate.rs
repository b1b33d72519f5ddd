//! How much one caller may ask: a bucket that fills by the second. Counted per
//! account or device, never per network address, because all people and devices
//! of a venue may share one.

use crate::shared::StoreError;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{DeviceId, UserId};

/// Whose requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Those of an account, over all its sessions.
    Account(UserId),
    /// Those of an enrolled device.
    Device(DeviceId),
}

/// How much one caller may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance {
    /// Requests a second, in the long run; at least 1 is meant.
    pub per_second: u32,
    /// Requests at once; at least 1 is meant.
    pub burst: u32,
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Taken {
    /// It was within the allowance, and is counted.
    Yes,
    /// It was not, and is not counted; there is one more after so many
    /// milliseconds.
    NotBefore {
        /// At least 1.
        wait_ms: u64,
    },
}

/// The buckets. What they hold may be lost: then everybody has the whole burst
/// again.
#[async_trait]
pub trait RateLimits: Send + Sync {
    /// Takes one request of `caller` at `now`. Whoever was quiet has the whole
    /// burst; the buckets of different callers have nothing to do with each
    /// other; a clock that goes back gives nothing and takes nothing.
    async fn take(
        &self,
        caller: Caller,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Taken, StoreError>;
}
