//! The caller's own account: reading and changing it.

use super::Auth;
use super::attempts::Origin;
use super::email::Email;
use super::error::AuthError;
use super::model::{self, Session, User};
use super::password::{Password, Queue};
use super::ports::{OtherSessions, Stored};
use super::sign_in::SignedIn;
use crate::shared::{Commit, Principal, StoreError};
use gateline_common::bus::BusEvent;

const RETRIES: usize = 5;

/// What is to change; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    /// The name.
    pub name: Option<String>,
    /// The address; needs the current password.
    pub email: Option<String>,
    /// The password; needs the current one, and ends all other sessions.
    pub password: Option<Password>,
    /// The current password.
    pub current_password: Option<Password>,
}

impl Auth {
    /// The caller's account.
    ///
    /// # Errors
    /// [`AuthError::NotFound`]; store failures.
    pub async fn current_user(&self, caller: &Principal) -> Result<User, AuthError> {
        let user = self.store.user(caller.user).await?;
        user.ok_or(AuthError::NotFound)
    }

    /// Changes the caller's account. The answer's token says what is new.
    ///
    /// # Errors
    /// [`AuthError::Invalid`], [`AuthError::BadCredentials`] without the right
    /// current password where it is needed, [`AuthError::EmailTaken`].
    pub async fn update_user(
        &self,
        caller: &Principal,
        change: UserChange,
    ) -> Result<SignedIn, AuthError> {
        let change = self.checked(caller, change).await?;
        for _ in 0..RETRIES {
            let before = self.current_user(caller).await?;
            let Some(user) = change.apply(&before) else {
                return self.with_token(before, caller).await;
            };
            match self.save(&user, &before, change.others).await {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
                Ok(Stored::EmailTaken) => return Err(AuthError::EmailTaken),
                Ok(Stored::Yes) => return self.with_token(user, caller).await,
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn checked(&self, caller: &Principal, change: UserChange) -> Result<Change, AuthError> {
        let name = change.name.as_deref().map(model::name).transpose()?;
        let email = change.email.as_deref().map(Email::parse).transpose();
        let email = email.map_err(|error| AuthError::invalid("email", error))?;
        if let Some(password) = &change.password {
            password.check()?;
        }
        if email.is_some() || change.password.is_some() {
            let missing = || AuthError::invalid("current_password", "is needed for this change");
            let current = change.current_password.as_ref().ok_or_else(missing)?;
            let user = self.current_user(caller).await?;
            let origin = Origin::Session(caller.session);
            self.prove(&origin, Some(&user), current).await?;
            // The configuration makes accounts with these addresses admins;
            // nobody gets there by renaming.
            let privileged = email.as_ref().filter(|email| **email != user.email);
            if privileged.is_some_and(|email| self.settings.admins.contains(email)) {
                return Err(AuthError::invalid("email", "this address is reserved"));
            }
        }
        let password_hash = match &change.password {
            Some(password) => Some(self.passwords.hash(Queue::Known, password).await?),
            None => None,
        };
        let others = match password_hash {
            Some(_) => OtherSessions::EndAllBut(caller.session),
            None => OtherSessions::Stay,
        };
        Ok(Change {
            name,
            email,
            password_hash,
            others,
        })
    }

    async fn save(
        &self,
        user: &User,
        before: &User,
        others: OtherSessions,
    ) -> Result<Stored, StoreError> {
        let mut commit = Commit::nothing();
        if user.facts() != before.facts() {
            let updated = BusEvent::UserUpdated(user.facts());
            let now = self.clock.now();
            commit = commit.publishing(user.aggregate(), user.version, now, updated);
        }
        let stored = self.store.save_user(user, others, &commit).await;
        self.forget_user(user.id).await;
        stored
    }

    /// A new token in the caller's session.
    pub(super) async fn with_token(
        &self,
        user: User,
        caller: &Principal,
    ) -> Result<SignedIn, AuthError> {
        let found = self.store.session(caller.session).await?;
        let (session, _): (Session, User) =
            found.ok_or(AuthError::BadToken("the session is over"))?;
        self.signed_in(user, session)
    }
}

/// A change that was found good.
struct Change {
    name: Option<String>,
    email: Option<Email>,
    password_hash: Option<String>,
    others: OtherSessions,
}

impl Change {
    /// The changed user; `None` when nothing changes.
    fn apply(&self, before: &User) -> Option<User> {
        let mut user = before.clone();
        if let Some(name) = &self.name {
            user.name.clone_from(name);
        }
        if let Some(email) = &self.email {
            user.email = email.clone();
        }
        if let Some(hash) = &self.password_hash {
            user.password_hash.clone_from(hash);
        }
        if user == *before {
            return None;
        }
        user.version += 1;
        Some(user)
    }
}
