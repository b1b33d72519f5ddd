//! The API over HTTP, one file per path.

mod auth;
mod openapi;
mod ops;
mod support;
