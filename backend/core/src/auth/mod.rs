//! Users, organizations and their members, roles, sessions and their revocation.
