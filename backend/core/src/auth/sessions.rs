//! Who holds a token: asked at each request, so answered from memory.
//!
//! Always true: what this process ends is over at once; what another process of
//! the same store ends is over within [`FRESH_FOR`].

use super::Auth;
use super::error::AuthError;
use super::model::{Session, User};
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
    known: HashMap<SessionId, (Session, User, Instant)>,
}

impl SessionCache {
    fn find(&self, id: SessionId) -> Result<(Session, User), u64> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match entries.known.get(&id) {
            Some((session, user, read)) if read.elapsed() < FRESH_FOR => {
                Ok((*session, user.clone()))
            }
            _ => Err(entries.forgotten),
        }
    }

    /// Keeps what was read since `forgotten` was found.
    fn keep(&self, forgotten: u64, session: Session, user: User) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.forgotten != forgotten {
            return;
        }
        if entries.known.len() >= MOST_ENTRIES {
            entries
                .known
                .retain(|_, (_, _, read)| read.elapsed() < FRESH_FOR);
        }
        if entries.known.len() < MOST_ENTRIES {
            let entry = (session, user, Instant::now());
            entries.known.insert(session.id, entry);
        }
    }

    pub(super) fn forget_user(&self, user: UserId) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.forgotten += 1;
        entries
            .known
            .retain(|_, (session, _, _)| session.user != user);
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
        let (session, user) = self.standing(claims.sid).await?;
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
    async fn standing(&self, id: SessionId) -> Result<(Session, User), AuthError> {
        let forgotten = match self.sessions.find(id) {
            Ok(found) => return Ok(found),
            Err(forgotten) => forgotten,
        };
        let found = self.store.session(id).await?;
        let (session, user) = found.ok_or(AuthError::BadToken("the session is over"))?;
        self.sessions.keep(forgotten, session, user.clone());
        Ok((session, user))
    }

    /// Ends the caller's session: its tokens are worthless from now on.
    ///
    /// # Errors
    /// Store failures.
    pub async fn sign_out(&self, caller: &Principal) -> Result<(), AuthError> {
        self.store.end_session(caller.session).await?;
        self.sessions.forget(caller.session);
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
