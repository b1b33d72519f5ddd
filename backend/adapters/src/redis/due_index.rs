//! The index of the expiry schedule, shared by the instances that tell
//! deadlines: a sorted set by the time at which each is to be handed out. A
//! claim moves it forward, in one step with finding it.

use super::link::RedisServer;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::OrderId;
use gateline_core::expiration::{Claimed, Deadline, DueIndex};
use gateline_core::shared::StoreError;
use redis::{Script, ScriptInvocation};

/// Deadlines that are noted in one step.
const AT_ONCE: usize = 500;

/// Takes order, version and due time, as often as there are.
const SET: &str = r"
for at = 1, #ARGV, 3 do
  local order, version, due = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  local known = redis.call('HGET', KEYS[2], order)
  if not known or tonumber(string.match(known, '^%d+')) <= tonumber(version) then
    redis.call('HSET', KEYS[2], order, version .. ' ' .. due)
    redis.call('ZADD', KEYS[1], due, order)
  end
end
return 1
";

const REMOVE: &str = r"
local known = redis.call('HGET', KEYS[2], ARGV[1])
if known and tonumber(string.match(known, '^%d+')) <= tonumber(ARGV[2]) then
  redis.call('HDEL', KEYS[2], ARGV[1])
  redis.call('ZREM', KEYS[1], ARGV[1])
end
return 1
";

/// Nothing if it was never filled; otherwise when to look again, and then order
/// and facts of each that was claimed.
const CLAIM: &str = r"
if redis.call('EXISTS', KEYS[3]) == 0 then return {} end
local claimed = {''}
for _, order in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, ARGV[2])) do
  local known = redis.call('HGET', KEYS[2], order)
  if known then
    redis.call('ZADD', KEYS[1], ARGV[3], order)
    claimed[#claimed + 1] = order
    claimed[#claimed + 1] = known
  else
    redis.call('ZREM', KEYS[1], order)
  end
end
claimed[1] = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] or ''
return claimed
";

/// The index.
pub struct RedisDueIndex {
    server: RedisServer,
    set: Script,
    remove: Script,
    claim: Script,
}

impl RedisDueIndex {
    /// Over `server`.
    #[must_use]
    pub fn new(server: RedisServer) -> Self {
        Self {
            server,
            set: Script::new(SET),
            remove: Script::new(REMOVE),
            claim: Script::new(CLAIM),
        }
    }

    /// A call of `script` with the names of the sorted set, of what is known of
    /// each order, and of the mark that all of it was filled.
    fn call<'a>(&self, script: &'a Script) -> ScriptInvocation<'a> {
        let mut call = script.prepare_invoke();
        for name in ["turns", "known", "filled"] {
            call.key(self.server.key(&format!("{{due}}:{name}")));
        }
        call
    }

    async fn set_all(&self, deadlines: &[Deadline]) -> Result<(), StoreError> {
        let mut set = self.call(&self.set);
        for deadline in deadlines {
            set.arg(deadline.order.to_string())
                .arg(deadline.version)
                .arg(deadline.due.0);
        }
        self.server.run::<i64>(&set).await?;
        Ok(())
    }
}

#[async_trait]
impl DueIndex for RedisDueIndex {
    async fn set(&self, deadline: Deadline) -> Result<(), StoreError> {
        self.set_all(&[deadline]).await
    }

    async fn remove(&self, order: OrderId, version: u64) -> Result<(), StoreError> {
        let mut remove = self.call(&self.remove);
        remove.arg(order.to_string()).arg(version);
        self.server.run::<i64>(&remove).await?;
        Ok(())
    }

    async fn claim(&self, now: Timestamp, limit: u32, for_ms: i64) -> Result<Claimed, StoreError> {
        let mut claim = self.call(&self.claim);
        claim.arg(now.0).arg(limit).arg(now.plus_ms(for_ms).0);
        let found: Vec<String> = self.server.run(&claim).await?;
        let Some((next, claimed)) = found.split_first() else {
            return Ok(Claimed::Empty);
        };
        let next = next.parse().ok().map(|ms: f64| Timestamp(ms as i64));
        let claimed = claimed.chunks(2).filter_map(deadline).collect();
        Ok(Claimed::These(claimed, next))
    }

    async fn fill(&self, deadlines: &[Deadline]) -> Result<(), StoreError> {
        for some in deadlines.chunks(AT_ONCE) {
            self.set_all(some).await?;
        }
        let mut filled = redis::cmd("SET");
        filled.arg(self.server.key("{due}:filled")).arg(1);
        self.server.ask::<()>(&filled).await?;
        Ok(())
    }
}

/// What the script says of one: the order, and its version and time.
fn deadline(said: &[String]) -> Option<Deadline> {
    let [order, known] = said else { return None };
    let (version, due) = known.split_once(' ')?;
    Some(Deadline {
        order: OrderId(order.parse().ok()?),
        version: version.parse().ok()?,
        due: Timestamp(due.parse().ok()?),
    })
}
