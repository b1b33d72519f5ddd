//! The embedded stores: one SQLite file, one writer with group commit, a pool of
//! readers. Each service has its own tables and its own module here; none reads
//! another's.

mod auth;
mod backup;
mod checkin;
pub(crate) mod commit;
mod db;
mod events;
mod expiration;
mod mail;
mod migrate;
mod orders;
mod outbox;
mod payments;
mod people;
mod pricing;
mod rows;
mod sealed;
mod tickets;

pub use auth::SqliteAuthStore;
pub use backup::{Backup, BackupError, back_up, make_store};
pub use checkin::SqliteCheckIn;
pub use db::{Db, DbError};
pub use events::SqliteEvents;
pub use expiration::SqliteScheduleStore;
pub use mail::SqliteMail;
pub use orders::SqliteOrderStore;
pub use outbox::{SqliteAnswers, SqliteOutbox, SqliteRetention};
pub use payments::{SqlitePaymentStore, SqliteTestBooks};
pub use people::SqlitePeople;
pub use pricing::SqlitePricing;
pub use tickets::SqliteTickets;
