//! Users, organizations, sessions: their state and its rules.

use super::email::Email;
use super::error::AuthError;
use crate::shared::text::is_forbidden_in_line;
use crate::shared::{Membership, OrgRole, Principal};
use gateline_common::Timestamp;
use gateline_common::bus::{OrganizationFacts, UserFacts};
use gateline_common::ids::{OrgId, SessionId, UserId};
use serde::{Deserialize, Serialize};

const LONGEST_NAME: usize = 100;
/// A token carries the memberships, and cookies are small.
const MOST_MEMBERSHIPS: usize = 20;
const MOST_MEMBERS: usize = 500;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The user.
    pub id: UserId,
    /// Rises with each change.
    pub version: u64,
    /// The address to sign in with; unique.
    pub email: Email,
    /// How to address them.
    pub name: String,
    /// argon2id, in PHC form.
    pub password_hash: String,
    /// Runs the installation.
    pub admin: bool,
    /// What they are in organizations.
    pub memberships: Vec<Membership>,
    /// When they signed up.
    pub created_at: Timestamp,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Organization {
    /// The organization.
    pub id: OrgId,
    /// Rises with each change.
    pub version: u64,
    /// Its name.
    pub name: String,
    /// Who belongs to it; at least one organizer.
    pub members: Vec<OrganizationMember>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// One member, as the organization knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrganizationMember {
    /// The user.
    pub user: UserId,
    /// The role.
    pub role: OrgRole,
}

/// A signed-in session. It ends by being deleted or by its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The session.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
}

/// A name of a person or organization: trimmed, 1 to 100 characters, none
/// that [`is_forbidden_in_line`].
pub(super) fn name(text: &str) -> Result<String, AuthError> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > LONGEST_NAME || text.chars().any(is_forbidden_in_line) {
        let message = format!("a name has 1 to {LONGEST_NAME} characters");
        return Err(AuthError::invalid("name", message));
    }
    Ok(text.to_owned())
}

impl User {
    /// The user in `session`.
    #[must_use]
    pub fn principal(&self, session: SessionId) -> Principal {
        Principal {
            user: self.id,
            session,
            email: self.email.to_string(),
            name: self.name.clone(),
            admin: self.admin,
            memberships: self.memberships.clone(),
        }
    }

    pub(super) fn facts(&self) -> UserFacts {
        UserFacts {
            user: self.id,
            email: self.email.to_string(),
            name: self.name.clone(),
        }
    }

    pub(super) fn aggregate(&self) -> String {
        format!("user:{}", self.id)
    }
}

impl Organization {
    pub(super) fn facts(&self) -> OrganizationFacts {
        OrganizationFacts {
            org: self.id,
            name: self.name.clone(),
        }
    }

    pub(super) fn aggregate(&self) -> String {
        format!("organization:{}", self.id)
    }

    fn role_of(&self, user: UserId) -> Option<OrgRole> {
        let member = self.members.iter().find(|member| member.user == user);
        member.map(|member| member.role)
    }

    fn organizers_without(&self, user: UserId) -> usize {
        let others = self.members.iter().filter(|member| member.user != user);
        others.filter(|m| m.role == OrgRole::Organizer).count()
    }
}

/// Gives `user` the role in `organization`; the versions rise. `None` when they
/// have it.
pub(super) fn join(
    organization: &Organization,
    user: &User,
    role: OrgRole,
) -> Result<Option<(Organization, User)>, AuthError> {
    let before = organization.role_of(user.id);
    if before == Some(role) {
        return Ok(None);
    }
    let demoted = before == Some(OrgRole::Organizer);
    if demoted && organization.organizers_without(user.id) == 0 {
        return Err(AuthError::LastOrganizer);
    }
    let (mut organization, mut user) = part(organization, user);
    if organization.members.len() >= MOST_MEMBERS {
        let message = format!("an organization has at most {MOST_MEMBERS} members");
        return Err(AuthError::invalid("email", message));
    }
    if user.memberships.len() >= MOST_MEMBERSHIPS {
        let message = format!("an account is in at most {MOST_MEMBERSHIPS} organizations");
        return Err(AuthError::invalid("email", message));
    }
    let org = organization.id;
    organization.members.push(OrganizationMember {
        user: user.id,
        role,
    });
    user.memberships.push(Membership { org, role });
    Ok(Some((organization, user)))
}

/// Takes `user` out of `organization`; the versions rise.
pub(super) fn leave(
    organization: &Organization,
    user: &User,
) -> Result<(Organization, User), AuthError> {
    let role = organization.role_of(user.id).ok_or(AuthError::NotFound)?;
    if role == OrgRole::Organizer && organization.organizers_without(user.id) == 0 {
        return Err(AuthError::LastOrganizer);
    }
    Ok(part(organization, user))
}

fn part(organization: &Organization, user: &User) -> (Organization, User) {
    let (mut organization, mut user) = (organization.clone(), user.clone());
    organization.version += 1;
    organization.members.retain(|member| member.user != user.id);
    user.version += 1;
    user.memberships
        .retain(|membership| membership.org != organization.id);
    (organization, user)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn user(id: u128) -> User {
        User {
            id: UserId(Uuid::from_u128(id)),
            version: 1,
            email: Email::parse(&format!("u{id}@example.org")).unwrap(),
            name: "U".to_owned(),
            password_hash: String::new(),
            admin: false,
            memberships: Vec::new(),
            created_at: Timestamp(0),
        }
    }

    fn organization() -> Organization {
        Organization {
            id: OrgId(Uuid::from_u128(9)),
            version: 1,
            name: "O".to_owned(),
            members: Vec::new(),
            created_at: Timestamp(0),
        }
    }

    #[test]
    fn the_last_organizer_neither_leaves_nor_is_made_staff() {
        let joined = join(&organization(), &user(1), OrgRole::Organizer).unwrap();
        let (organization, organizer) = joined.unwrap();
        assert_eq!(
            leave(&organization, &organizer),
            Err(AuthError::LastOrganizer)
        );
        let demoted = join(&organization, &organizer, OrgRole::Staff);
        assert_eq!(demoted, Err(AuthError::LastOrganizer));
    }

    #[test]
    fn an_organizer_may_leave_when_another_one_stays() {
        let joined = join(&organization(), &user(1), OrgRole::Organizer).unwrap();
        let (organization, first) = joined.unwrap();
        let joined = join(&organization, &user(2), OrgRole::Organizer).unwrap();
        let (organization, second) = joined.unwrap();
        let (organization, first) = leave(&organization, &first).unwrap();
        assert_eq!(first.memberships, []);
        assert_eq!(organization.members.len(), 1);
        assert_eq!(organization.members[0].user, second.id);
    }

    #[test]
    fn a_new_role_replaces_the_old_one_on_both_sides() {
        let joined = join(&organization(), &user(1), OrgRole::Organizer).unwrap();
        let joined = join(&joined.unwrap().0, &user(2), OrgRole::Staff).unwrap();
        let (organization, staff) = joined.unwrap();
        assert_eq!(join(&organization, &staff, OrgRole::Staff), Ok(None));
        let joined = join(&organization, &staff, OrgRole::Organizer).unwrap();
        let (organization, promoted) = joined.unwrap();
        assert_eq!(organization.members.len(), 2);
        assert_eq!(promoted.memberships.len(), 1);
        assert_eq!(promoted.memberships[0].role, OrgRole::Organizer);
        assert_eq!(promoted.version, 3);
    }
}
