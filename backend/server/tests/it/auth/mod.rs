//! `/api/users`, `/api/organizations`, `/api/admin/users`.

mod admin;
mod cross_site;
mod members;
mod organizations;
mod sessions;
mod sign_in;
mod sign_up;
mod update_user;
