//! Who holds a token: asked at each request, so answered from memory.
//!
//! Always true: what this process ends is over at once; what another process of
//! the same store ends is over at once where they share [`Revocations`], and
//! otherwise, or when those are lost or away, within [`FRESH_FOR`].

use super::Auth;
use super::error::AuthError;
use super::model::{Session, User};
#[cfg(doc)]
use super::revocations::Revocations;
use super::revocations::Standing;
use crate::shared::Principal;
use async_trait::async_trait;
use gateline_common::ids::{SessionId, UserId};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long what was read of a session is believed.
pub const FRESH_FOR: Duration = Duration::from_secs(5);
const MOST_ENTRIES: usize = 50_000;

/// The holder of a good token.
#[derive(Debug, Clone)]
pub struct Identified {
    /// Who, as the store has it now (the token may be older).
    pub principal: Principal,
    /// A newer token, when the presented one is past half of its life or says
    /// something outdated.
    pub renewed: Option<String>,
}

/// Sessions with their users, as lately read.
#[derive(Default)]
pub(super) struct SessionCache(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    /// Rises when something is forgotten: what was read before may be outdated.
    forgotten: u64,
    known: HashMap<SessionId, Known>,
}

struct Known {
    session: Session,
    user: User,
    read: Instant,
    /// The user's number before it was read; `None` if nobody could say.
    since: Option<u128>,
}

impl Known {
    fn is_fresh(&self) -> bool {
        self.read.elapsed() < FRESH_FOR
    }

    /// Is it still as it was read, unless nobody can say?
    fn is_of(&self, since: Option<u128>) -> bool {
        since.is_none() || since == self.since
    }
}

impl SessionCache {
    fn find(&self, id: SessionId, since: Option<u128>) -> Result<(Session, User), u64> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.known.get(&id) {
            Some(known) if known.is_fresh() && known.is_of(since) => {
                Ok((known.session, known.user.clone()))
            }
            _ => Err(entries.forgotten),
        }
    }

    /// Keeps what was read since `forgotten` was found.
    fn keep(&self, forgotten: u64, since: Option<u128>, session: Session, user: User) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.forgotten != forgotten {
            return;
        }
        if entries.known.len() >= MOST_ENTRIES {
            entries.known.retain(|_, known| known.is_fresh());
        }
        if entries.known.len() < MOST_ENTRIES {
            let known = Known {
                session,
                user,
                read: Instant::now(),
                since,
            };
            entries.known.insert(session.id, known);
        }
    }

    fn forget_user(&self, user: UserId) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.forgotten += 1;
        entries.known.retain(|_, known| known.session.user != user);
    }

    fn forget(&self, session: SessionId) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.forgotten += 1;
        entries.known.remove(&session);
    }
}

/// Tells who holds a token.
#[async_trait]
pub trait Identify: Send + Sync {
    /// Who holds `token`?
    ///
    /// # Errors
    /// [`AuthError::BadToken`] when it is no good; store failures.
    async fn identify(&self, token: &str) -> Result<Identified, AuthError>;
}

#[async_trait]
impl Identify for Auth {
    async fn identify(&self, token: &str) -> Result<Identified, AuthError> {
        let now = self.clock.now();
        let claims = self.tokens.verify(token, now)?;
        let (session, user) = self.standing(claims.sid, claims.sub).await?;
        if session.user != claims.sub || now >= session.expires_at {
            return Err(AuthError::BadToken("the session is over"));
        }
        let old = now.0 / 1000 - claims.iat > (claims.exp - claims.iat) / 2;
        let ends_with_session = claims.exp >= session.expires_at.0.div_euclid(1000);
        let renewed = if claims.ver < user.version || (old && !ends_with_session) {
            Some(
                self.tokens
                    .issue(&user, &session, now, self.settings.token_ttl_ms)?,
            )
        } else {
            None
        };
        let principal = user.principal(session.id);
        Ok(Identified { principal, renewed })
    }
}

impl Auth {
    async fn standing(&self, id: SessionId, holder: UserId) -> Result<(Session, User), AuthError> {
        let over = || AuthError::BadToken("the session is over");
        let since = match self.revocations.standing(id, holder).await {
            Ok(Standing::Ended) => return Err(over()),
            Ok(Standing::Since(number)) => Some(number),
            // What was read is believed as long as it is fresh.
            Err(_) => None,
        };
        let forgotten = match self.sessions.find(id, since) {
            Ok(found) => return Ok(found),
            Err(forgotten) => forgotten,
        };
        let found = self.store.session(id).await?;
        let (session, user) = found.ok_or_else(over)?;
        self.sessions.keep(forgotten, since, session, user.clone());
        Ok((session, user))
    }

    /// What was read of `user` is outdated, in every instance.
    pub(super) async fn forget_user(&self, user: UserId) {
        self.sessions.forget_user(user);
        if let Err(error) = self.revocations.change_user(user).await {
            tracing::debug!(%user, %error, "other instances hear of this change later");
        }
    }

    /// Ends the caller's session: its tokens are worthless from now on.
    ///
    /// # Errors
    /// Store failures.
    pub async fn sign_out(&self, caller: &Principal) -> Result<(), AuthError> {
        self.store.end_session(caller.session).await?;
        self.sessions.forget(caller.session);
        let until = self.clock.now().plus_ms(self.settings.session_ttl_ms);
        if let Err(error) = self.revocations.end_session(caller.session, until).await {
            tracing::debug!(%error, "other instances hear later that a session is over");
        }
        Ok(())
    }

    /// Forgets sessions whose time is over. Says how many.
    ///
    /// # Errors
    /// Store failures.
    pub async fn forget_expired_sessions(&self) -> Result<u64, AuthError> {
        let now = self.clock.now();
        Ok(self.store.forget_expired_sessions(now).await?)
    }
}
