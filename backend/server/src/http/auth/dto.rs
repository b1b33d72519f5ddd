//! The JSON of accounts and organizations.

use gateline_common::Timestamp;
use gateline_common::ids::{OrgId, UserId};
use gateline_core::auth::{Member, Organization, User};
use gateline_core::shared::{Membership, OrgRole};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Somebody signs up.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignUpBody {
    /// The e-mail address to sign in with.
    #[schema(min_length = 3, max_length = 254, pattern = r"^[^\s@]+@[^\s@]+$")]
    pub(super) email: String,
    /// At least 8 characters, at most 256 bytes.
    #[schema(min_length = 8, max_length = 256)]
    pub(super) password: String,
    /// How to address them, 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    pub(super) name: String,
}

/// Somebody signs in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInBody {
    pub(super) email: String,
    pub(super) password: String,
}

/// What is to change of the own account; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserChangeBody {
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    pub(super) name: Option<String>,
    /// Needs `current_password`.
    #[schema(min_length = 3, max_length = 254, pattern = r"^[^\s@]+@[^\s@]+$")]
    pub(super) email: Option<String>,
    /// Needs `current_password`; ends all other sessions.
    #[schema(min_length = 8, max_length = 256)]
    pub(super) password: Option<String>,
    pub(super) current_password: Option<String>,
}

/// A fresh session.
#[derive(Serialize, ToSchema)]
pub(super) struct SignedInBody {
    pub(super) user: UserBody,
    /// For `Authorization: Bearer`; browsers have it in a cookie.
    pub(super) token: String,
}

/// An account.
#[derive(Serialize, ToSchema)]
pub(super) struct UserBody {
    pub(super) id: UserId,
    pub(super) email: String,
    pub(super) name: String,
    /// Runs the installation.
    pub(super) admin: bool,
    pub(super) memberships: Vec<MembershipBody>,
    pub(super) created_at: Timestamp,
}

/// What somebody is in an organization.
#[derive(Serialize, ToSchema)]
pub(super) struct MembershipBody {
    pub(super) org: OrgId,
    pub(super) role: Role,
}

/// A role in an organization.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Role {
    /// Works at gates.
    Staff,
    /// Runs events.
    Organizer,
}

/// A new name of an organization, or that of a new one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OrganizationNameBody {
    /// 1 to 100 characters.
    #[schema(min_length = 1, max_length = 100, pattern = r"\S")]
    pub(super) name: String,
}

/// An organization.
#[derive(Serialize, ToSchema)]
pub(super) struct OrganizationBody {
    pub(super) id: OrgId,
    pub(super) name: String,
    pub(super) created_at: Timestamp,
}

/// A new organization, and a token that knows of it.
#[derive(Serialize, ToSchema)]
pub(super) struct CreatedOrganizationBody {
    pub(super) organization: OrganizationBody,
    /// Replaces the token that was sent.
    pub(super) token: String,
}

/// Who becomes a member.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMemberBody {
    /// The address of an account.
    #[schema(min_length = 3, max_length = 254, pattern = r"^[^\s@]+@[^\s@]+$")]
    pub(super) email: String,
    pub(super) role: Role,
}

/// A member.
#[derive(Serialize, ToSchema)]
pub(super) struct MemberBody {
    pub(super) user: UserId,
    pub(super) email: String,
    pub(super) name: String,
    pub(super) role: Role,
}

/// All members.
#[derive(Serialize, ToSchema)]
pub(super) struct MembersBody {
    pub(super) items: Vec<MemberBody>,
}

/// Which users to list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(super) struct UsersQuery {
    /// Only those with this text in address or name.
    pub(super) q: Option<String>,
    /// Items at most, 1 to 200 [default: 50].
    pub(super) limit: Option<u32>,
    /// The `next` of the page before.
    pub(super) after: Option<String>,
}

/// Whether a user runs the installation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AdminBody {
    pub(super) admin: bool,
}

impl From<User> for UserBody {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            email: user.email.to_string(),
            name: user.name,
            admin: user.admin,
            memberships: user.memberships.into_iter().map(Into::into).collect(),
            created_at: user.created_at,
        }
    }
}

impl From<Membership> for MembershipBody {
    fn from(membership: Membership) -> Self {
        Self {
            org: membership.org,
            role: membership.role.into(),
        }
    }
}

impl From<OrgRole> for Role {
    fn from(role: OrgRole) -> Self {
        match role {
            OrgRole::Staff => Self::Staff,
            OrgRole::Organizer => Self::Organizer,
        }
    }
}

impl From<Role> for OrgRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Staff => Self::Staff,
            Role::Organizer => Self::Organizer,
        }
    }
}

impl From<Organization> for OrganizationBody {
    fn from(organization: Organization) -> Self {
        Self {
            id: organization.id,
            name: organization.name,
            created_at: organization.created_at,
        }
    }
}

impl From<Member> for MemberBody {
    fn from(member: Member) -> Self {
        Self {
            user: member.user,
            email: member.email.to_string(),
            name: member.name,
            role: member.role.into(),
        }
    }
}
