//! Organizations: making, finding and renaming them.

use super::Auth;
use super::error::AuthError;
use super::model::{self, Organization, User};
use crate::shared::idempotency::replay;
use crate::shared::{
    Commit, IdempotencyKey, OrgRole, Page, PageRequest, Principal, StoreError, random,
};
use gateline_common::bus::BusEvent;
use gateline_common::ids::OrgId;

const RETRIES: usize = 5;

impl Auth {
    /// Makes an organization; the caller becomes its organizer.
    ///
    /// # Errors
    /// [`AuthError::Invalid`], reused keys, store failures.
    pub async fn create_organization(
        &self,
        caller: &Principal,
        name: &str,
        key: Option<IdempotencyKey>,
    ) -> Result<Organization, AuthError> {
        let name = model::name(name)?;
        for _ in 0..RETRIES {
            if let Some(made) = replay(self.answers.as_ref(), key.as_ref()).await? {
                return Ok(made);
            }
            let user = self.current_user(caller).await?;
            match self.try_to_create(&user, &name, key.as_ref()).await {
                Err(AuthError::Store(StoreError::Conflict | StoreError::AlreadyAnswered)) => {}
                other => return other,
            }
        }
        Err(StoreError::Conflict.into())
    }

    async fn try_to_create(
        &self,
        user: &User,
        name: &str,
        key: Option<&IdempotencyKey>,
    ) -> Result<Organization, AuthError> {
        let now = self.clock.now();
        let empty = Organization {
            id: OrgId(random::uuid(now)),
            version: 0,
            name: name.to_owned(),
            members: Vec::new(),
            created_at: now,
        };
        let joined = model::join(&empty, user, OrgRole::Organizer)?;
        let (organization, organizer) = joined.ok_or(StoreError::Conflict)?;
        let answer = match key {
            Some(key) => Some(key.answer(&organization, now)?),
            None => None,
        };
        let made = BusEvent::OrganizationUpdated(organization.facts());
        let commit = Commit::nothing()
            .publishing(organization.aggregate(), organization.version, now, made)
            .answering(answer);
        let stored = self
            .store
            .create_organization(&organization, &organizer, &commit);
        stored.await?;
        self.forget_user(organizer.id).await;
        Ok(organization)
    }

    /// A token that knows the caller's newest memberships.
    ///
    /// # Errors
    /// Store failures.
    pub async fn fresh_token(&self, caller: &Principal) -> Result<String, AuthError> {
        let user = self.current_user(caller).await?;
        Ok(self.with_token(user, caller).await?.token)
    }

    /// The caller's organizations; every one for admins.
    ///
    /// # Errors
    /// Store failures.
    pub async fn organizations(
        &self,
        caller: &Principal,
        page: &PageRequest,
    ) -> Result<Page<Organization>, AuthError> {
        let own: Vec<OrgId> = caller.memberships.iter().map(|own| own.org).collect();
        let only = if caller.admin {
            None
        } else {
            Some(own.as_slice())
        };
        Ok(self.store.organizations(only, page).await?)
    }

    /// One organization, for its members and admins.
    ///
    /// # Errors
    /// [`AuthError::NotFound`]; store failures.
    pub async fn organization(
        &self,
        caller: &Principal,
        id: OrgId,
    ) -> Result<Organization, AuthError> {
        if !caller.is(OrgRole::Staff, id) {
            return Err(AuthError::NotFound);
        }
        let organization = self.store.organization(id).await?;
        organization.ok_or(AuthError::NotFound)
    }

    /// Renames it; organizers only.
    ///
    /// # Errors
    /// [`AuthError::NotFound`], [`AuthError::Forbidden`], [`AuthError::Invalid`].
    pub async fn rename_organization(
        &self,
        caller: &Principal,
        id: OrgId,
        name: &str,
    ) -> Result<Organization, AuthError> {
        let name = model::name(name)?;
        for _ in 0..RETRIES {
            let mut organization = self.managed(caller, id).await?;
            if organization.name == name {
                return Ok(organization);
            }
            organization.name.clone_from(&name);
            organization.version += 1;
            let renamed = BusEvent::OrganizationUpdated(organization.facts());
            let (aggregate, version) = (organization.aggregate(), organization.version);
            let now = self.clock.now();
            let commit = Commit::nothing().publishing(aggregate, version, now, renamed);
            match self.store.save_organization(&organization, &commit).await {
                Err(StoreError::Conflict) => {}
                Err(error) => return Err(error.into()),
                Ok(()) => return Ok(organization),
            }
        }
        Err(StoreError::Conflict.into())
    }

    /// An organization that the caller manages.
    pub(super) async fn managed(
        &self,
        caller: &Principal,
        id: OrgId,
    ) -> Result<Organization, AuthError> {
        let organization = self.organization(caller, id).await?;
        if !caller.is(OrgRole::Organizer, id) {
            return Err(AuthError::Forbidden);
        }
        Ok(organization)
    }
}
