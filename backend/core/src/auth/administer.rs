//! What admins do with accounts.

use super::Auth;
use super::email::Email;
use super::error::AuthError;
use super::model::User;
use super::ports::{OtherSessions, Stored};
use crate::shared::{Commit, Page, PageRequest, Principal, StoreError};
use gateline_common::ids::UserId;

const RETRIES: usize = 5;

/// Which users to list.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UserFilter {
    /// Only those with this text in address or name, in any case.
    pub text: Option<String>,
}

impl Auth {
    /// Users, by address; admins only.
    ///
    /// # Errors
    /// [`AuthError::Forbidden`]; store failures.
    pub async fn users(
        &self,
        caller: &Principal,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<User>, AuthError> {
        if !caller.admin {
            return Err(AuthError::Forbidden);
        }
        Ok(self.store.users(filter, page).await?)
    }

    /// Makes a user an admin, or no longer; admins only, and not of themselves,
    /// so that one always stays.
    ///
    /// # Errors
    /// [`AuthError::Forbidden`], [`AuthError::NotFound`].
    pub async fn set_admin(
        &self,
        caller: &Principal,
        user: UserId,
        admin: bool,
    ) -> Result<User, AuthError> {
        if !caller.admin || caller.user == user {
            return Err(AuthError::Forbidden);
        }
        self.change_admin(user, admin).await
    }

    /// The operator makes the account with this address an admin, or no longer.
    ///
    /// # Errors
    /// [`AuthError::Invalid`], [`AuthError::NotFound`].
    pub async fn grant_admin(&self, email: &str, admin: bool) -> Result<User, AuthError> {
        let email = Email::parse(email).map_err(|e| AuthError::invalid("email", e))?;
        let user = self.store.user_by_email(&email).await?;
        let user = user.ok_or(AuthError::NotFound)?;
        self.change_admin(user.id, admin).await
    }

    /// Makes the accounts that the configuration names admins. Those that do not
    /// exist yet become it when they sign up.
    ///
    /// # Errors
    /// Store failures.
    pub async fn grant_configured_admins(&self) -> Result<(), AuthError> {
        for email in &self.settings.admins {
            match self.grant_admin(email.as_str(), true).await {
                Ok(_) | Err(AuthError::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn change_admin(&self, id: UserId, admin: bool) -> Result<User, AuthError> {
        for _ in 0..RETRIES {
            let mut user = self.store.user(id).await?.ok_or(AuthError::NotFound)?;
            if user.admin == admin {
                return Ok(user);
            }
            user.admin = admin;
            user.version += 1;
            let (others, commit) = (OtherSessions::Stay, Commit::nothing());
            let stored = self.store.save_user(&user, others, &commit).await;
            self.forget_user(id).await;
            match stored {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
                Ok(Stored::EmailTaken) => return Err(AuthError::EmailTaken),
                Ok(Stored::Yes) => return Ok(user),
            }
        }
        Err(StoreError::Conflict.into())
    }
}
