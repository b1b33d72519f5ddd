//! Who holds a token, asked of auth.
//!
//! Always true: an answer is believed for as long as auth's own memory believes
//! what another process may have changed, and no longer.

use super::{IDENTITY, Remote};
use async_trait::async_trait;
use gateline_common::Hash;
use gateline_common::ids::{SessionId, UserId};
use gateline_core::auth::{AuthError, FRESH_FOR, Identified, Identify};
use gateline_core::shared::{Membership, Principal};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

const MOST_ENTRIES: usize = 50_000;

/// The auth service of another process.
pub struct RemoteIdentity {
    remote: Remote,
    known: Mutex<HashMap<Hash, (Known, Instant)>>,
}

/// The question.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The token.
    pub token: String,
}

/// The holder of a token; the answer is null where the token is no good.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Known {
    user: UserId,
    session: SessionId,
    email: String,
    name: String,
    admin: bool,
    memberships: Vec<Membership>,
    renewed: Option<String>,
}

impl From<Identified> for Known {
    fn from(Identified { principal, renewed }: Identified) -> Self {
        Self {
            user: principal.user,
            session: principal.session,
            email: principal.email,
            name: principal.name,
            admin: principal.admin,
            memberships: principal.memberships,
            renewed,
        }
    }
}

impl From<Known> for Identified {
    fn from(known: Known) -> Self {
        Self {
            principal: Principal {
                user: known.user,
                session: known.session,
                email: known.email,
                name: known.name,
                admin: known.admin,
                memberships: known.memberships,
            },
            renewed: known.renewed,
        }
    }
}

impl RemoteIdentity {
    /// Asks there.
    #[must_use]
    pub fn asking(remote: Remote) -> Self {
        Self {
            remote,
            known: Mutex::default(),
        }
    }

    fn remembered(&self, token: &Hash) -> Option<Known> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let (found, read) = known.get(token)?;
        (read.elapsed() < FRESH_FOR).then(|| found.clone())
    }

    fn remember(&self, token: Hash, found: Known) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_ENTRIES {
            known.retain(|_, (_, read)| read.elapsed() < FRESH_FOR);
        }
        if known.len() < MOST_ENTRIES {
            known.insert(token, (found, Instant::now()));
        }
    }
}

#[async_trait]
impl Identify for RemoteIdentity {
    async fn identify(&self, token: &str) -> Result<Identified, AuthError> {
        let hash = Hash::of(&[token.as_bytes()]);
        if let Some(found) = self.remembered(&hash) {
            return Ok(found.into());
        }
        let token = token.to_owned();
        let asked = Asked { token };
        let found: Option<Known> = self.remote.ask(IDENTITY, None, &asked).await?;
        let found = found.ok_or(AuthError::BadToken("the session is over"))?;
        self.remember(hash, found.clone());
        Ok(found.into())
    }
}
