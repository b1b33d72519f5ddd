//! Buckets in the memory of this process.
//!
//! Always true: a caller that is forgotten had a full bucket, so nobody gains by
//! it; there are never many more entries than callers that were heard lately.

use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_core::shared::StoreError;
use gateline_core::shared::rate::{Allowance, Caller, RateLimits, Taken};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// One request, in the thousandths that a bucket is counted in.
const REQUEST: u64 = 1000;
/// Beyond so many callers the full buckets are forgotten.
const REMEMBERED: usize = 10_000;

/// The buckets.
#[derive(Debug, Default)]
pub struct InProcessRates(Mutex<Buckets>);

#[derive(Debug, Default)]
struct Buckets {
    known: HashMap<Caller, Bucket>,
    /// At so many, full ones are looked for.
    crowded: usize,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    /// Thousandths of a request that are left.
    left: u64,
    at: Timestamp,
    allowance: Allowance,
}

impl Bucket {
    fn full(allowance: Allowance, now: Timestamp) -> Self {
        Self {
            left: most(allowance),
            at: now,
            allowance,
        }
    }

    /// A millisecond brings a thousandth of what a second does.
    fn filled(self, allowance: Allowance, now: Timestamp) -> Self {
        let passed_ms = u64::try_from(now.since_ms(self.at)).unwrap_or(0);
        let more = passed_ms.saturating_mul(u64::from(allowance.per_second.max(1)));
        Self {
            left: self.left.saturating_add(more).min(most(allowance)),
            at: self.at.max(now),
            allowance,
        }
    }

    fn is_full(self, now: Timestamp) -> bool {
        self.filled(self.allowance, now).left == most(self.allowance)
    }
}

fn most(allowance: Allowance) -> u64 {
    u64::from(allowance.burst.max(1)) * REQUEST
}

#[async_trait]
impl RateLimits for InProcessRates {
    async fn take(
        &self,
        caller: Caller,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.known.len() >= buckets.crowded.max(REMEMBERED) {
            buckets.known.retain(|_, bucket| !bucket.is_full(now));
            // Where all of them are busy, looking again at once would be in vain.
            buckets.crowded = 2 * buckets.known.len();
        }
        let bucket = buckets.known.get(&caller);
        let bucket = bucket.map_or_else(
            || Bucket::full(allowance, now),
            |bucket| bucket.filled(allowance, now),
        );
        let Some(left) = bucket.left.checked_sub(REQUEST) else {
            let missing = REQUEST - bucket.left;
            let wait_ms = missing.div_ceil(u64::from(allowance.per_second.max(1)));
            buckets.known.insert(caller, bucket);
            return Ok(Taken::NotBefore { wait_ms });
        };
        buckets.known.insert(caller, Bucket { left, ..bucket });
        Ok(Taken::Yes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gateline_common::ids::UserId;
    use uuid::Uuid;

    #[tokio::test]
    async fn callers_who_have_gone_quiet_are_forgotten_and_busy_ones_are_not() {
        let rates = InProcessRates::default();
        let allowance = Allowance {
            per_second: 1,
            burst: 2,
        };
        let take = async |n: u128, at: i64| {
            let caller = Caller::Account(UserId(Uuid::from_u128(n)));
            rates.take(caller, allowance, Timestamp(at)).await.unwrap()
        };
        for n in 1..REMEMBERED as u128 {
            assert_eq!(take(n, 0).await, Taken::Yes);
        }
        assert_eq!(take(0, 1000).await, Taken::Yes);
        assert_eq!(take(0, 1000).await, Taken::Yes);
        assert!(matches!(take(0, 1000).await, Taken::NotBefore { .. }));
        let known = rates.0.lock().unwrap().known.len();
        assert_eq!(known, 1, "a second gave the others back what they took");
    }
}
