//! How many requests a device may make: a bucket that fills by the second. Per
//! device, because all devices of a venue may share one address.

use crate::http::ApiError;
use gateline_common::ErrorCode;
use gateline_common::ids::DeviceId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// Requests a second, in the long run.
const PER_SECOND: f64 = 100.0;
/// Requests at once.
const BURST: f64 = 400.0;
/// Beyond so many devices the full buckets are forgotten.
const REMEMBERED: usize = 10_000;

/// The buckets.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<DeviceId, Bucket>>);

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: Instant,
}

impl Bucket {
    fn filled(self, now: Instant) -> f64 {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        (self.left + passed * PER_SECOND).min(BURST)
    }
}

impl Rates {
    /// Takes one request of the device.
    ///
    /// # Errors
    /// 429 when there is none left.
    pub(super) fn take(&self, device: DeviceId, now: Instant) -> Result<(), ApiError> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > REMEMBERED {
            buckets.retain(|_, bucket| bucket.filled(now) < BURST);
        }
        let left = buckets.get(&device).map_or(BURST, |b| b.filled(now));
        if left < 1.0 {
            return Err(ApiError::new(
                ErrorCode::RateLimited,
                "too many requests from this device",
            ));
        }
        let left = left - 1.0;
        buckets.insert(device, Bucket { left, at: now });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_device_that_asks_too_often_waits_and_another_at_the_same_venue_does_not() {
        let rates = Rates::default();
        let (eager, calm) = (DeviceId(uuid::Uuid::nil()), DeviceId(uuid::Uuid::max()));
        let now = Instant::now();
        let taken = (0..1_000).filter(|_| rates.take(eager, now).is_ok());
        assert_eq!(taken.count(), 400);
        assert!(rates.take(calm, now).is_ok());
        let later = now + Duration::from_millis(50);
        let taken = (0..1_000).filter(|_| rates.take(eager, later).is_ok());
        assert_eq!(taken.count(), 5);
    }
}
