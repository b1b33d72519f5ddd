//! The distributed stores: MongoDB, one database per service. No service reads
//! another's.
//!
//! Always true: a state change, the events that it causes, the mark of the event
//! that caused it and the answer that is kept are one transaction, written to a
//! majority and to its journal before anybody is answered. Counters and versions
//! move by conditional updates.

#[macro_use]
mod db;
mod auth;
mod bulk;
mod checkin;
mod commit;
mod documents;
mod error;
mod outbox;
mod schema;

pub use auth::MongoAuthStore;
pub use checkin::{MongoCheckIn, reseal as reseal_checkin};
pub use db::{MongoDb, MongoServer};
pub use error::MongoError;
pub use outbox::{MongoAnswers, MongoOutbox, MongoRetention};
