//! The embedded stores: one SQLite file, one writer with group commit, a pool of
//! readers. Each service has its own tables and its own module here; none reads
//! another's.

pub(crate) mod commit;
mod db;
mod migrate;
mod outbox;

pub use db::{Db, DbError};
pub use outbox::{SqliteAnswers, SqliteOutbox};
