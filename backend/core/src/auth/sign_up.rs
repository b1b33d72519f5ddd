//! A new account.

use super::Auth;
use super::email::Email;
use super::error::AuthError;
use super::model::{self, Session, User};
use super::password::{Password, Queue};
use super::ports::Stored;
use super::sign_in::{Client, SignedIn};
use crate::shared::idempotency::{IdempotencyError, replay};
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
    /// to the account that the first request made, if the password still is its.
    ///
    /// # Errors
    /// [`AuthError::Invalid`], [`AuthError::EmailTaken`], reused keys; of a
    /// repetition also what [`Auth::sign_in`] fails with; store failures.
    pub async fn sign_up(
        &self,
        new: NewUser,
        key: Option<IdempotencyKey>,
        client: &Client,
    ) -> Result<SignedIn, AuthError> {
        if let Some(user) = self.signed_up_before(&new, key.as_ref(), client).await? {
            return self.sign_in_again(user, &new, client).await;
        }
        let email = Email::parse(&new.email).map_err(|e| AuthError::invalid("email", e))?;
        let name = model::name(&new.name)?;
        new.password.check()?;
        // Asked before the costly hash; the store has the last word.
        if self.store.user_by_email(&email).await?.is_some() {
            return Err(AuthError::EmailTaken);
        }
        let password_hash = self.passwords.hash(Queue::Strangers, &new.password).await?;
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
            Ok(Stored::EmailTaken) => self.lost_to_a_repetition(&new, key, client).await,
            Err(StoreError::AlreadyAnswered) => self.lost_to_a_repetition(&new, key, client).await,
            Err(error) => Err(error.into()),
        }
    }

    /// The address was taken in between: by the same request, or by another?
    async fn lost_to_a_repetition(
        &self,
        new: &NewUser,
        key: Option<IdempotencyKey>,
        client: &Client,
    ) -> Result<SignedIn, AuthError> {
        match self.signed_up_before(new, key.as_ref(), client).await? {
            Some(user) => self.sign_in_again(user, new, client).await,
            None => Err(AuthError::EmailTaken),
        }
    }

    /// Who made the account may have lost the answer, but a body that was good
    /// once is no proof today: the password may have been changed since.
    async fn sign_in_again(
        &self,
        user: User,
        new: &NewUser,
        client: &Client,
    ) -> Result<SignedIn, AuthError> {
        let origin = self.origin(user.email.clone(), Some(&user), client);
        self.prove(&origin, Some(&user), &new.password).await?;
        self.open_session(user).await
    }

    /// Whom the key made. The body holds the password, so one that differs from
    /// the first is a guess at it, and is counted like one at signing in.
    async fn signed_up_before(
        &self,
        new: &NewUser,
        key: Option<&IdempotencyKey>,
        client: &Client,
    ) -> Result<Option<User>, AuthError> {
        let before: Option<UserId> = match replay(self.answers.as_ref(), key).await {
            Err(reused @ IdempotencyError::Reused) => {
                if let Ok(email) = Email::parse(&new.email) {
                    let user = self.store.user_by_email(&email).await?;
                    let origin = self.origin(email, user.as_ref(), client);
                    self.attempts.begin(&origin, self.clock.now())?;
                }
                return Err(reused.into());
            }
            before => before?,
        };
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
