//! The buckets of all processes together.
//!
//! Always true: a bucket that is forgotten was full, unless Redis was emptied.
//! While Redis is away each process counts for itself.

use super::link::RedisServer;
use crate::rate::InProcessRates;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_core::shared::StoreError;
use gateline_core::shared::rate::{Allowance, Caller, RateLimits, Taken};
use redis::Script;

/// Counts in thousandths of a request, as the buckets in memory do. Returns 0
/// for a request that was taken, otherwise how long to wait.
const TAKE: &str = r"
local rate, most, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local bucket = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(bucket[1] or most), tonumber(bucket[2] or now)
left = math.min(left + math.max(now - at, 0) * rate, most)
at = math.max(at, now)
local wait = 0
if left >= 1000 then
  left = left - 1000
else
  wait = math.ceil((1000 - left) / rate)
end
redis.call('HSET', KEYS[1], 'left', string.format('%.0f', left), 'at', string.format('%.0f', at))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.ceil(most / rate) + 60000))
return wait
";

/// The buckets.
pub struct RedisRates {
    server: RedisServer,
    take: Script,
    alone: InProcessRates,
}

impl RedisRates {
    /// Over `server`.
    #[must_use]
    pub fn new(server: RedisServer) -> Self {
        Self {
            server,
            take: Script::new(TAKE),
            alone: InProcessRates::default(),
        }
    }
}

#[async_trait]
impl RateLimits for RedisRates {
    async fn take(
        &self,
        caller: Caller,
        allowance: Allowance,
        now: Timestamp,
    ) -> Result<Taken, StoreError> {
        let key = match caller {
            Caller::Account(user) => format!("rate:account:{user}"),
            Caller::Device(device) => format!("rate:device:{device}"),
        };
        let mut take = self.take.prepare_invoke();
        take.key(self.server.key(&key))
            .arg(allowance.per_second.max(1))
            .arg(u64::from(allowance.burst.max(1)) * 1_000)
            .arg(now.0);
        match self.server.run(&take).await {
            Ok(0) => Ok(Taken::Yes),
            Ok(wait_ms) => Ok(Taken::NotBefore { wait_ms }),
            Err(_) => self.alone.take(caller, allowance, now).await,
        }
    }
}
