//! The shared language of Gateline: identifiers, money, time, error codes, the
//! facts that services exchange over the bus, and the messages and log records
//! of the sync protocol between gates and the server.
//!
//! Always true: everything here is plain data with a pinned serialised form.
//! Nothing here does I/O, reads a clock, draws random numbers or signs anything
//! (signatures are made and checked by `ticket-crypto`).
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod bus;
pub mod bytes;
pub mod catalog;
#[cfg(feature = "openapi")]
mod condition_schema;
pub mod decision;
pub mod error_code;
pub mod ids;
pub mod money;
pub mod pricing;
pub mod sync;
pub mod time;

pub use bytes::{Hash, PublicKey, Signature};
pub use error_code::ErrorCode;
pub use money::{Currency, Money};
pub use time::Timestamp;
