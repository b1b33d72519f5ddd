//! Who is asking, as the access token says, brought up to date by auth where it
//! runs in the same process. Services decide by it without asking auth.

use gateline_common::ids::{OrgId, SessionId, UserId};
use serde::{Deserialize, Serialize};

/// The caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The account.
    pub user: UserId,
    /// The session, which may be revoked.
    pub session: SessionId,
    /// The account's e-mail address.
    pub email: String,
    /// The account's name.
    pub name: String,
    /// Runs the installation: sees and manages everything.
    pub admin: bool,
    /// What the caller is in organizations.
    pub memberships: Vec<Membership>,
}

/// One membership.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// The organization.
    pub org: OrgId,
    /// The role in it.
    pub role: OrgRole,
}

/// The role in an organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrgRole {
    /// Works at gates: sees lists and figures, enrols devices.
    Staff,
    /// Runs events.
    Organizer,
}

impl Principal {
    /// Is the caller at least `role` in `org`? Admins are.
    #[must_use]
    pub fn is(&self, role: OrgRole, org: OrgId) -> bool {
        self.admin
            || self
                .memberships
                .iter()
                .any(|membership| membership.org == org && membership.role >= role)
    }
}
