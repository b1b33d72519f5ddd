//! A new account.

use super::Auth;
use super::email::Email;
use super::error::AuthError;
use super::model::{self, Session, User};
use super::password::Password;
use super::ports::Stored;
use super::sign_in::SignedIn;
use crate::shared::idempotency::replay;
use crate::shared::{Commit, IdempotencyKey, StoreError, random};
use gateline_common::Timestamp;
use gateline_common::bus::BusEvent;
use gateline_common::ids::{SessionId, UserId};

/// What somebody enters to sign up.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// The address.
    pub email: String,
    /// The password.
    pub password: Password,
    /// How to address them.
    pub name: String,
}

impl Auth {
    /// Makes an account and signs it in. Repeated with the same key it signs in
    /// to the account that the first request made.
    ///
    /// # Errors
    /// [`AuthError::Invalid`], [`AuthError::EmailTaken`], reused keys, store
    /// failures.
    pub async fn sign_up(
        &self,
        new: NewUser,
        key: Option<IdempotencyKey>,
    ) -> Result<SignedIn, AuthError> {
        if let Some(user) = self.signed_up_before(key.as_ref()).await? {
            return self.open_session(user).await;
        }
        let email = Email::parse(&new.email).map_err(|e| AuthError::invalid("email", e))?;
        let name = model::name(&new.name)?;
        new.password.check()?;
        // Asked before the costly hash; the store has the last word.
        if self.store.user_by_email(&email).await?.is_some() {
            return Err(AuthError::EmailTaken);
        }
        let password_hash = self.passwords.hash(&new.password).await?;
        let now = self.clock.now();
        let user = User {
            id: UserId(random::uuid(now)),
            version: 1,
            admin: self.settings.admins.contains(&email),
            email,
            name,
            password_hash,
            memberships: Vec::new(),
            created_at: now,
        };
        let session = self.session_of(&user, now);
        let answer = match &key {
            Some(key) => Some(key.answer(&user.id, now)?),
            None => None,
        };
        let created = BusEvent::UserCreated(user.facts());
        let commit = Commit::nothing()
            .publishing(user.aggregate(), user.version, now, created)
            .answering(answer);
        match self.store.create_user(&user, &session, &commit).await {
            Ok(Stored::Yes) => self.signed_in(user, session),
            Ok(Stored::EmailTaken) => self.lost_to_a_repetition(key.as_ref()).await,
            Err(StoreError::AlreadyAnswered) => self.lost_to_a_repetition(key.as_ref()).await,
            Err(error) => Err(error.into()),
        }
    }

    /// The address was taken in between: by the same request, or by another?
    async fn lost_to_a_repetition(
        &self,
        key: Option<&IdempotencyKey>,
    ) -> Result<SignedIn, AuthError> {
        match self.signed_up_before(key).await? {
            Some(user) => self.open_session(user).await,
            None => Err(AuthError::EmailTaken),
        }
    }

    async fn signed_up_before(
        &self,
        key: Option<&IdempotencyKey>,
    ) -> Result<Option<User>, AuthError> {
        let before: Option<UserId> = replay(self.answers.as_ref(), key).await?;
        match before {
            Some(id) => Ok(self.store.user(id).await?),
            None => Ok(None),
        }
    }

    pub(super) fn session_of(&self, user: &User, now: Timestamp) -> Session {
        Session {
            id: SessionId(random::uuid(now)),
            user: user.id,
            expires_at: now.plus_ms(self.settings.session_ttl_ms),
        }
    }
}
