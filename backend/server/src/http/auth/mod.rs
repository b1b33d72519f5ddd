//! HTTP of users, organizations and members.
