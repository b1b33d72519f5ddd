//! Users, organizations and their members, roles, sessions and their revocation.
//!
//! Always true: a password is known only as its argon2id hash; a token is good
//! only while its session stands, which is asked at each request; every
//! organization keeps an organizer.

mod administer;
mod attempts;
mod email;
mod error;
mod known_device;
mod members;
mod model;
mod organizations;
mod password;
mod ports;
mod revocations;
mod sessions;
mod sign_in;
mod sign_up;
mod token;
mod update_user;

pub use administer::UserFilter;
pub use email::Email;
pub use error::AuthError;
pub use members::Member;
pub use model::{Organization, OrganizationMember, Session, User};
pub use password::Password;
pub use ports::{AuthStore, OtherSessions, Stored};
pub use revocations::{InProcessRevocations, Revocations, Standing};
pub use sessions::{FRESH_FOR, Identified, Identify};
pub use sign_in::{Client, SignedIn};
pub use sign_up::NewUser;
pub use update_user::UserChange;

use crate::shared::{Answers, Clock};
use std::sync::Arc;

/// What the operator decides.
#[derive(Debug, Clone)]
pub struct AuthSettings {
    /// Signs tokens; whoever knows it can be anybody.
    pub token_secret: [u8; 32],
    /// Life of a session.
    pub session_ttl_ms: i64,
    /// Life of a token.
    pub token_ttl_ms: i64,
    /// Accounts with these addresses run the installation.
    pub admins: Vec<Email>,
    /// Failed attempts at one account before who makes them has to wait: each
    /// network, each known device and each session for itself.
    pub attempts: u32,
    /// Passwords hashed at the same time.
    pub parallel_hashes: usize,
}

/// The service.
pub struct Auth {
    store: Arc<dyn AuthStore>,
    answers: Arc<dyn Answers>,
    clock: Arc<dyn Clock>,
    passwords: password::Passwords,
    tokens: token::Tokens,
    sessions: sessions::SessionCache,
    revocations: Arc<dyn Revocations>,
    attempts: attempts::Attempts,
    devices: known_device::KnownDevices,
    settings: AuthSettings,
}

impl Auth {
    /// The service over its ports.
    ///
    /// # Errors
    /// When passwords cannot be hashed here.
    pub fn new(
        store: Arc<dyn AuthStore>,
        answers: Arc<dyn Answers>,
        clock: Arc<dyn Clock>,
        settings: AuthSettings,
    ) -> Result<Self, AuthError> {
        Ok(Self {
            store,
            answers,
            clock,
            passwords: password::Passwords::new(settings.parallel_hashes)?,
            tokens: token::Tokens::new(&settings.token_secret),
            sessions: sessions::SessionCache::default(),
            revocations: Arc::new(InProcessRevocations::default()),
            attempts: attempts::Attempts::new(settings.attempts),
            devices: known_device::KnownDevices::new(settings.token_secret),
            settings,
        })
    }

    /// The same, sharing with other instances what was ended.
    #[must_use]
    pub fn with_revocations(mut self, revocations: Arc<dyn Revocations>) -> Self {
        self.revocations = revocations;
        self
    }
}
