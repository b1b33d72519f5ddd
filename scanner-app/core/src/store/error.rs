//! What can be wrong with the local store, told apart so that staff know what
//! to do.

use super::damage;
use std::path::PathBuf;

/// Why the store cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database is there, its key is not.
    #[error("the key of this store is missing ({0}); without it nobody can read the store")]
    KeyMissing(PathBuf),
    /// The database is there, and the keyring has no entry for it.
    #[error(
        "the operating system's keyring does not hold the key of this store: it is another \
         user's, or of another machine; without it nobody can read the store"
    )]
    KeyNotInKeyring,
    /// The key is in the keyring, which does not give it.
    #[error(
        "the key of this store is in the operating system's keyring, which cannot be read \
         ({0}): unlock it, then close this program and start it again"
    )]
    Keyring(String),
    /// The key file does not hold a key.
    #[error("{0} is not the key of a Gateline store")]
    KeyDamaged(PathBuf),
    /// Not encrypted with this key, or no database at all.
    #[error(
        "{0} cannot be read: it is damaged, belongs to another device's key, or is no Gateline \
         store. Put the folder back from a copy; without one, keep it (scans that were not sent \
         are in it alone) and enrol this gate in a new folder"
    )]
    NotReadable(PathBuf),
    /// Made by a newer version of this program.
    #[error("this store is of version {found}; this program reads up to {known}")]
    Newer {
        /// The store's version.
        found: i64,
        /// The newest that this build reads.
        known: i64,
    },
    /// A page of the database is damaged.
    #[error("the store is damaged ({0}): close the gate and open it again, which rebuilds it")]
    Damaged(String),
    /// No space is left.
    #[error("the disk is full")]
    DiskFull,
    /// The folder or a file in it cannot be read or written.
    #[error("{path}: {source}")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Somebody else holds the store for too long.
    #[error("the store is in use by another program")]
    Busy,
    /// There is no enrolment in it.
    #[error("this store is not enrolled yet: ask the organizer for a code and enrol it first")]
    NotEnrolled,
    /// There is one already.
    #[error(
        "this store is enrolled already; another enrolment needs another store, \
         or this one's to be revoked by the organizer"
    )]
    AlreadyEnrolled,
    /// A revoked enrolment cannot make room for a new one yet.
    #[error(
        "this gate was revoked and holds {0} records without the server's receipt: \
         sync to send them, then enrol again, or enrol in another store"
    )]
    Unsent(u64),
    /// Any other answer of the database.
    #[error("the store failed: {0}")]
    Sqlite(rusqlite::Error),
    /// A newer search took the place of this one.
    #[error("a newer search took the place of this one")]
    Superseded,
    /// The thread that owns it has ended.
    #[error("the store is closed")]
    Closed,
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            // Nothing but a newer search interrupts anything.
            Some(ErrorCode::OperationInterrupted) => Self::Superseded,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => {
                damage::note();
                Self::Damaged(error.to_string())
            }
            _ => Self::Sqlite(error),
        }
    }
}

/// A stored value that this build cannot read back.
pub(crate) fn unreadable(what: &str) -> StoreError {
    StoreError::Damaged(format!("{what} cannot be read back"))
}
