//! HTTP: what all services' routes share, and a folder per service.

pub mod auth;
pub(crate) mod body;
pub mod checkin;
pub(crate) mod cookie;
pub mod error;
pub mod events;
pub mod extract;
pub(crate) mod headers;
pub mod idempotent;
pub(crate) mod identify;
pub(crate) mod internal;
pub(crate) mod layers;
pub mod orders;
pub mod page;
pub mod payments;
pub mod pricing;
pub(crate) mod rates;
pub(crate) mod streams;
pub mod tickets;
mod traced;
mod unreadable;

pub use error::ApiError;
pub use extract::{Authenticated, Json, MaybeAuthenticated, NoFields, Path, Query};
pub use idempotent::Idempotent;
