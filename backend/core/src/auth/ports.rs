//! Where accounts are kept.

use super::administer::UserFilter;
use super::email::Email;
use super::model::{Organization, Session, User};
use crate::shared::{Commit, Page, PageRequest, StoreError};
use async_trait::async_trait;
use gateline_common::Timestamp;
use gateline_common::ids::{OrgId, SessionId, UserId};

/// Whether a user was stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub enum Stored {
    /// It was.
    Yes,
    /// Another user has the e-mail address; nothing was changed.
    EmailTaken,
}

/// What becomes of the user's other sessions with a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherSessions {
    /// They go on.
    Stay,
    /// They end with the change, all but this one.
    EndAllBut(SessionId),
}

/// Users, organizations and sessions.
///
/// A changed user or organization carries its new version; it is stored only
/// over the version before ([`StoreError::Conflict`] otherwise). What one call
/// stores, with its commit, is stored as a whole or not at all.
#[async_trait]
pub trait AuthStore: Send + Sync {
    /// Stores a new user with a first session. An e-mail address belongs to one
    /// user at most.
    async fn create_user(
        &self,
        user: &User,
        session: &Session,
        commit: &Commit,
    ) -> Result<Stored, StoreError>;

    /// Stores a changed user, and ends sessions as told.
    async fn save_user(
        &self,
        user: &User,
        others: OtherSessions,
        commit: &Commit,
    ) -> Result<Stored, StoreError>;

    /// The user, if there is one.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError>;

    /// The user with the address, if there is one.
    async fn user_by_email(&self, email: &Email) -> Result<Option<User>, StoreError>;

    /// These users, those that exist, in no order.
    async fn users_of(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError>;

    /// Users that match, by address.
    async fn users(
        &self,
        filter: &UserFilter,
        page: &PageRequest,
    ) -> Result<Page<User>, StoreError>;

    /// Stores a session.
    async fn open_session(&self, session: &Session) -> Result<(), StoreError>;

    /// The session with its user, if it stands.
    async fn session(&self, id: SessionId) -> Result<Option<(Session, User)>, StoreError>;

    /// Ends the session; one that ended before is fine.
    async fn end_session(&self, id: SessionId) -> Result<(), StoreError>;

    /// Forgets sessions that expired before `now`. Says how many.
    async fn forget_expired_sessions(&self, now: Timestamp) -> Result<u64, StoreError>;

    /// Stores a new organization together with its changed first organizer.
    async fn create_organization(
        &self,
        organization: &Organization,
        organizer: &User,
        commit: &Commit,
    ) -> Result<(), StoreError>;

    /// Stores a changed organization.
    async fn save_organization(
        &self,
        organization: &Organization,
        commit: &Commit,
    ) -> Result<(), StoreError>;

    /// Stores a changed organization together with the changed member.
    async fn save_membership(
        &self,
        organization: &Organization,
        member: &User,
        commit: &Commit,
    ) -> Result<(), StoreError>;

    /// The organization, if there is one.
    async fn organization(&self, id: OrgId) -> Result<Option<Organization>, StoreError>;

    /// Organizations, oldest first: all, or only these.
    async fn organizations(
        &self,
        only: Option<&[OrgId]>,
        page: &PageRequest,
    ) -> Result<Page<Organization>, StoreError>;
}
