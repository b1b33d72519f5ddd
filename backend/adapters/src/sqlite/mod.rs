//! The embedded stores: one SQLite file, one writer with group commit, a pool of
//! readers. Each service has its own tables and its own module here; none reads
//! another's.

mod auth;
mod checkin;
pub(crate) mod commit;
mod db;
mod events;
mod mail;
mod migrate;
mod outbox;
mod rows;
mod tickets;

pub use auth::SqliteAuthStore;
pub use checkin::SqliteCheckIn;
pub use db::{Db, DbError};
pub use events::SqliteEvents;
pub use mail::SqliteMail;
pub use outbox::{SqliteAnswers, SqliteOutbox};
pub use tickets::SqliteTickets;
