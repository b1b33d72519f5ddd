//! What was ended or changed, so that what was read before is not believed.
//!
//! Promise of every adapter: what one instance of the service has told, all of
//! them hear at their next question. It may be lost (a cache was emptied, or is
//! away); then what was read is believed as long as it is fresh.

use crate::shared::StoreError;
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{SessionId, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It was ended.
    Ended,
    /// It was not ended by itself. The number is another one whenever its user
    /// was changed in between: what was read while there was another number is
    /// outdated.
    Since(u128),
}

/// What was ended or changed lately.
#[async_trait]
pub trait Revocations: Send + Sync {
    /// The session is over. Its tokens are worthless by themselves after `until`.
    async fn end_session(&self, session: SessionId, until: Timestamp) -> Result<(), StoreError>;
    /// The user's facts changed, or sessions of theirs were ended.
    async fn change_user(&self, user: UserId) -> Result<(), StoreError>;
    /// How the session of `user` stands.
    async fn standing(&self, session: SessionId, user: UserId) -> Result<Standing, StoreError>;
}

/// Beyond so many the sessions whose time is over are forgotten, and the users:
/// then each number is another one.
const REMEMBERED: usize = 50_000;

/// In the memory of this process.
#[derive(Debug, Default)]
pub struct InProcessRevocations(Mutex<Entries>);

#[derive(Debug, Default)]
struct Entries {
    ended: HashMap<SessionId, Timestamp>,
    changed: HashMap<UserId, u128>,
    changes: u128,
    /// The number of users that did not change since.
    forgotten: u128,
}

impl InProcessRevocations {
    fn with<T>(&self, what: impl FnOnce(&mut Entries) -> T) -> T {
        what(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Revocations for InProcessRevocations {
    async fn end_session(&self, session: SessionId, until: Timestamp) -> Result<(), StoreError> {
        self.with(|entries| {
            if entries.ended.len() >= REMEMBERED {
                // The latest to be over are kept.
                let mut all: Vec<Timestamp> = entries.ended.values().copied().collect();
                all.sort_unstable();
                let middle = all.get(all.len() / 2).copied().unwrap_or(until);
                entries.ended.retain(|_, until| *until > middle);
            }
            entries.ended.insert(session, until);
        });
        Ok(())
    }

    async fn change_user(&self, user: UserId) -> Result<(), StoreError> {
        self.with(|entries| {
            entries.changes += 1;
            if entries.changed.len() >= REMEMBERED {
                entries.changed.clear();
                entries.forgotten = entries.changes;
            }
            entries.changed.insert(user, entries.changes);
        });
        Ok(())
    }

    async fn standing(&self, session: SessionId, user: UserId) -> Result<Standing, StoreError> {
        Ok(self.with(|entries| {
            if entries.ended.contains_key(&session) {
                return Standing::Ended;
            }
            let changed = entries.changed.get(&user).copied();
            Standing::Since(changed.unwrap_or(entries.forgotten))
        }))
    }
}
