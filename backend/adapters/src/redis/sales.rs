//! What is on sale, as instances read it lately.
//!
//! Always true: an entry is filled only by who was given a lease after it was
//! last forgotten. A lease is a word that nobody can have from before Redis was
//! emptied, so an emptied Redis takes nothing that is outdated.

use super::link::RedisServer;
use async_trait::async_trait;
use gateline_common::ids::EventId;
use gateline_core::orders::{Lease, Sale, SaleCache};
use gateline_core::shared::random;
use redis::Script;

/// How long an entry is believed.
const FRESH_MS: i64 = 2_000;
/// How long reading may take.
const LEASE_MS: i64 = 10_000;

/// The entry, or the lease: a new one, or the one that others have.
const FIND: &str = r"
local kept = redis.call('GET', KEYS[1])
if kept then return {kept, ''} end
redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2])
return {'', redis.call('GET', KEYS[2])}
";

const KEEP: &str = r"
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
";

/// The cache.
pub struct RedisSales {
    server: RedisServer,
    find: Script,
    keep: Script,
}

impl RedisSales {
    /// Over `server`.
    #[must_use]
    pub fn new(server: RedisServer) -> Self {
        Self {
            server,
            find: Script::new(FIND),
            keep: Script::new(KEEP),
        }
    }

    /// The entry's key, and that of its lease.
    fn keys(&self, event: EventId) -> [String; 2] {
        ["sale", "lease"].map(|what| self.server.key(&format!("{{sale:{event}}}:{what}")))
    }
}

#[async_trait]
impl SaleCache for RedisSales {
    async fn find(&self, event: EventId) -> Result<Sale, Option<Lease>> {
        let mut find = self.find.prepare_invoke();
        for key in self.keys(event) {
            find.key(key);
        }
        find.arg(random::secret()).arg(LEASE_MS);
        let found: Result<(Vec<u8>, String), _> = self.server.run(&find).await;
        let (kept, lease) = found.map_err(|_| None)?;
        if kept.is_empty() {
            return Err(Some(Lease(lease)));
        }
        // One that another version wrote is read anew.
        serde_json::from_slice(&kept).map_err(|_| None)
    }

    async fn keep(&self, event: EventId, sale: &Sale, lease: Lease) {
        let Ok(text) = serde_json::to_vec(sale) else {
            return;
        };
        let mut keep = self.keep.prepare_invoke();
        for key in self.keys(event) {
            keep.key(key);
        }
        keep.arg(lease.0).arg(text).arg(FRESH_MS);
        // Not kept, it is read again.
        let _ = self.server.run::<i64>(&keep).await;
    }

    async fn forget(&self, event: EventId) {
        let mut delete = redis::cmd("DEL");
        for key in self.keys(event) {
            delete.arg(key);
        }
        if let Err(error) = self.server.ask::<i64>(&delete).await {
            tracing::debug!(%event, %error, "what is on sale is outdated for a moment");
        }
    }
}
