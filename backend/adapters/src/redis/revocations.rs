//! Which sessions were ended, and whose facts changed: known to all processes
//! at once.

use super::link::RedisServer;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{SessionId, UserId};
use gateline_core::auth::{Revocations, Standing};
use gateline_core::shared::{Clock, StoreError, SystemClock};

/// How long a change of a user is remembered: longer than any process believes
/// what it has read.
const REMEMBERED_MS: i64 = 60_000;

/// What was ended, in Redis.
pub struct RedisRevocations {
    server: RedisServer,
}

impl RedisRevocations {
    /// Over `server`.
    #[must_use]
    pub const fn new(server: RedisServer) -> Self {
        Self { server }
    }

    fn session(&self, session: SessionId) -> String {
        self.server.key(&format!("session:ended:{session}"))
    }

    fn user(&self, user: UserId) -> String {
        self.server.key(&format!("user:changed:{user}"))
    }
}

#[async_trait]
impl Revocations for RedisRevocations {
    async fn end_session(&self, session: SessionId, until: Timestamp) -> Result<(), StoreError> {
        let left_ms = until.since_ms(SystemClock.now()).max(REMEMBERED_MS);
        let mut set = redis::cmd("SET");
        set.arg(self.session(session)).arg(1).arg("PX").arg(left_ms);
        Ok(self.server.ask(&set).await?)
    }

    async fn change_user(&self, user: UserId) -> Result<(), StoreError> {
        // A new word each time, not a count: that would begin again where it was
        // when Redis has been emptied.
        let word = uuid::Uuid::new_v4().as_u128();
        let mut set = redis::cmd("SET");
        set.arg(self.user(user))
            .arg(word.to_string())
            .arg("PX")
            .arg(REMEMBERED_MS);
        Ok(self.server.ask(&set).await?)
    }

    async fn standing(&self, session: SessionId, user: UserId) -> Result<Standing, StoreError> {
        let mut get = redis::cmd("MGET");
        get.arg(self.session(session)).arg(self.user(user));
        let (ended, changed): (Option<String>, Option<String>) = self.server.ask(&get).await?;
        if ended.is_some() {
            return Ok(Standing::Ended);
        }
        let word = changed.and_then(|word| word.parse().ok());
        Ok(Standing::Since(word.unwrap_or(0)))
    }
}
