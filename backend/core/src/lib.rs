//! The services of Gateline without their surroundings: domain models, use
//! cases and the ports through which they reach stores, bus, payment and mail.
//!
//! Always true: nothing here names a web framework, a database, a broker or a
//! cache; services share `shared` and the bus events of `gateline_common`, and
//! never import each other.
#![forbid(unsafe_code)]

pub mod auth;
pub mod checkin;
pub mod events;
pub mod expiration;
pub mod mail;
pub mod orders;
pub mod payments;
pub mod pricing;
pub mod shared;
pub mod tickets;
