//! Who belongs to an organization.

use super::Auth;
use super::email::Email;
use super::error::AuthError;
use super::model::{self, Organization, User};
use crate::shared::{Commit, OrgRole, Principal, StoreError};
use gateline_common::ids::{OrgId, UserId};

const RETRIES: usize = 5;

/// One member, as other members see them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The user.
    pub user: UserId,
    /// Their address.
    pub email: Email,
    /// Their name.
    pub name: String,
    /// Their role.
    pub role: OrgRole,
}

impl Auth {
    /// The members, by name.
    ///
    /// # Errors
    /// [`AuthError::NotFound`] for who is no member; store failures.
    pub async fn members(&self, caller: &Principal, org: OrgId) -> Result<Vec<Member>, AuthError> {
        let organization = self.organization(caller, org).await?;
        let ids: Vec<UserId> = organization.members.iter().map(|m| m.user).collect();
        let users = self.store.users_of(&ids).await?;
        let mut members: Vec<Member> = users
            .into_iter()
            .filter_map(|user| member(&organization, user))
            .collect();
        members.sort_by(|a, b| (&a.name, &a.email).cmp(&(&b.name, &b.email)));
        Ok(members)
    }

    /// Gives the account with the address a role; organizers only. Who is a
    /// member already gets the new role.
    ///
    /// # Errors
    /// [`AuthError::NotFound`], [`AuthError::Forbidden`], [`AuthError::Invalid`]
    /// when nobody has the address, [`AuthError::LastOrganizer`].
    pub async fn add_member(
        &self,
        caller: &Principal,
        org: OrgId,
        email: &str,
        role: OrgRole,
    ) -> Result<Member, AuthError> {
        let email = Email::parse(email).map_err(|e| AuthError::invalid("email", e))?;
        for _ in 0..RETRIES {
            let organization = self.managed(caller, org).await?;
            let unknown = || AuthError::invalid("email", "nobody signed up with this address yet");
            let user = self
                .store
                .user_by_email(&email)
                .await?
                .ok_or_else(unknown)?;
            let (organization, user) = match model::join(&organization, &user, role)? {
                None => (organization, user),
                Some((organization, user)) => {
                    if !self.saved(&organization, &user).await? {
                        continue;
                    }
                    (organization, user)
                }
            };
            return member(&organization, user).ok_or(AuthError::NotFound);
        }
        Err(StoreError::Conflict.into())
    }

    /// Takes a member out; organizers may take out anybody, others themselves.
    ///
    /// # Errors
    /// [`AuthError::NotFound`], [`AuthError::Forbidden`],
    /// [`AuthError::LastOrganizer`].
    pub async fn remove_member(
        &self,
        caller: &Principal,
        org: OrgId,
        member: UserId,
    ) -> Result<(), AuthError> {
        for _ in 0..RETRIES {
            let organization = self.organization(caller, org).await?;
            if member != caller.user && !caller.is(OrgRole::Organizer, org) {
                return Err(AuthError::Forbidden);
            }
            let user = self.store.user(member).await?.ok_or(AuthError::NotFound)?;
            let (organization, user) = model::leave(&organization, &user)?;
            if self.saved(&organization, &user).await? {
                return Ok(());
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// Stores both sides; `false` when one changed in between.
    async fn saved(&self, organization: &Organization, user: &User) -> Result<bool, AuthError> {
        let commit = Commit::nothing();
        let stored = self
            .store
            .save_membership(organization, user, &commit)
            .await;
        self.forget_user(user.id).await;
        match stored {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }
}

fn member(organization: &Organization, user: User) -> Option<Member> {
    let listed = organization.members.iter().find(|m| m.user == user.id)?;
    Some(Member {
        user: user.id,
        email: user.email,
        name: user.name,
        role: listed.role,
    })
}
