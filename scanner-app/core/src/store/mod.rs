//! The gate's local store: who this device is, the signed manifest, the
//! attendee lists, what other devices let through, and this device's own log.
//!
//! SQLite encrypted with SQLCipher, WAL, `synchronous=FULL`: what a committed
//! transaction wrote survives a power cut. Every look-up that a decision needs
//! is by index; sums are kept with every change, never counted per decision.
//! The store decides nothing and knows no network.

mod counts;
mod damage;
mod error;
pub(crate) mod feed;
mod identity;
mod in_use;
mod kept;
mod key;
mod keyring;
pub mod list;
pub mod log;
mod manifest;
mod own;
mod owner;
pub mod progress;
mod rebuild;
mod room;
mod rows;
mod schema;
mod search;
mod words;

pub use counts::{PeopleInside, TypeSums, people_inside};
pub use error::StoreError;
pub(crate) use feed::apply_piece_in;
pub use feed::{FIRST_PIECE, FeedState, PIECE, PageFate};
pub use identity::{Choice, Identity};
pub(crate) use kept::Kept;
pub use key::{KeyFile, StoreKey, StoreKeyPlace};
pub use list::TicketFacts;
pub use log::{Appended, LogLine};
pub use manifest::{HeldManifest, Known};
pub(crate) use own::note_confirmed;
pub use own::{LoggedScan, OwnSums, TakenBack};
pub use owner::StoreOwner;
pub use progress::Progress;
pub use rebuild::Rebuilt;
pub(crate) use room::little_room;

use in_use::InUse;

use gateline_common::Signature;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The file of the database within the store's folder.
pub const STORE_FILE: &str = "store.db";
/// The file of its key.
pub const KEY_FILE: &str = "store.key";

const BUSY: Duration = Duration::from_secs(5);

/// An open store. One thread owns it (see [`StoreOwner`]).
pub struct Store {
    db: Connection,
    _in_use: Option<InUse>,
    key_place: StoreKeyPlace,
    /// What the manifest with this signature says.
    known: Option<(Signature, Arc<Known>)>,
}

impl Store {
    /// Opens the store in `folder`, or makes one there, whose key is kept in a file. A
    /// damaged one is rebuilt from what can be read of it.
    ///
    /// # Errors
    /// The [`StoreError`] that says what is wrong with it.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Self::open_with(folder, StoreKeyPlace::File)
    }

    /// The same, with the key of a new store kept in `place`: see [`StoreKeyPlace`].
    ///
    /// # Errors
    /// The [`StoreError`] that says what is wrong with it.
    pub fn open_with(folder: &Path, place: StoreKeyPlace) -> Result<Self, StoreError> {
        make_folder(folder)?;
        let has_data =
            std::fs::metadata(folder.join(STORE_FILE)).is_ok_and(|found| found.len() > 0);
        let (key, key_place) = key::find_or_make(folder, has_data, place)?;
        Self::open_keyed(folder, &key, key_place)
    }

    fn open_keyed(
        folder: &Path,
        key: &StoreKey,
        key_place: StoreKeyPlace,
    ) -> Result<Self, StoreError> {
        let path = folder.join(STORE_FILE);
        if rebuild::is_due(folder) {
            rebuild::run(folder, key)?;
        }
        let (in_use, db) = match open_shared(folder, &path, key) {
            Err(StoreError::Damaged(_)) => {
                rebuild::run(folder, key)?;
                open_shared(folder, &path, key)?
            }
            other => other?,
        };
        Ok(Self {
            _in_use: Some(in_use),
            key_place,
            ..Self::of(db)
        })
    }

    /// A store in the making, which nobody else knows of.
    fn of(db: Connection) -> Self {
        Self {
            db,
            _in_use: None,
            key_place: StoreKeyPlace::default(),
            known: None,
        }
    }

    /// What the last rebuild of this store kept; `None` when it never was damaged.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn rebuilt(&self) -> Result<Option<Rebuilt>, StoreError> {
        let sql = "SELECT kept, lost, lost_unsent, aside, at_least FROM rebuilds \
                   ORDER BY id DESC LIMIT 1";
        let found = self.db.prepare_cached(sql)?.query_row([], |row| {
            Ok(Rebuilt {
                kept: uint(row.get(0)?),
                lost: uint(row.get(1)?),
                lost_unsent: uint(row.get(2)?),
                aside: row.get(3)?,
                at_least: row.get(4)?,
            })
        });
        Ok(found.optional()?)
    }

    /// Where its key lives.
    #[must_use]
    pub fn key_place(&self) -> StoreKeyPlace {
        self.key_place
    }

    /// Runs `work` in one transaction that takes the writer's place at once.
    /// Nothing of it stays when it fails.
    ///
    /// # Errors
    /// What `work` answers, or the commit.
    pub fn write<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>) -> Result<R, E>,
    ) -> Result<R, E> {
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let result = work(&transaction)?;
        transaction.commit().map_err(StoreError::from)?;
        Ok(result)
    }

    /// Runs `work` over one moment of the store. What it reads is found faster
    /// than by statements on their own, which each take and give back a lock.
    ///
    /// # Errors
    /// What `work` answers.
    pub fn read<R, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&Connection) -> Result<R, E>,
    ) -> Result<R, E> {
        let moment = self.db.transaction().map_err(StoreError::from)?;
        work(&moment)
    }

    /// Keeps at most so many KiB of pages in memory, decrypted.
    pub(super) fn set_page_cache(&self, kib: i64) -> Result<(), StoreError> {
        Ok(self.db.pragma_update(None, "cache_size", -kib)?)
    }

    /// For reading.
    #[must_use]
    pub fn db(&self) -> &Connection {
        &self.db
    }
}

fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder).map_err(|source| StoreError::Io {
        path: folder.to_owned(),
        source,
    })
}

fn open_shared(
    folder: &Path,
    path: &PathBuf,
    key: &StoreKey,
) -> Result<(InUse, Connection), StoreError> {
    let in_use = in_use::share(folder)?;
    let mut db = connect(path, key)?;
    schema::migrate(&mut db)?;
    Ok((in_use, db))
}

fn connect(path: &PathBuf, key: &StoreKey) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
        | OpenFlags::SQLITE_OPEN_CREATE
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(path, flags)?;
    db.busy_timeout(BUSY)?;
    db.set_prepared_statement_cache_capacity(64);
    let hex = zeroize::Zeroizing::new(hex(key.as_slice()));
    db.pragma_update(None, "key", format!("x'{}'", hex.as_str()))?;
    let readable = db.query_row("SELECT count(*) FROM sqlite_master", [], |row| {
        row.get::<_, i64>(0)
    });
    if let Err(error) = readable {
        return Err(match StoreError::from(error) {
            StoreError::Damaged(_) => StoreError::NotReadable(path.clone()),
            other => other,
        });
    }
    db.pragma_update(None, "journal_mode", "wal")?;
    db.pragma_update(None, "synchronous", "full")?;
    db.pragma_update(None, "foreign_keys", true)?;
    db.pragma_update(None, "temp_store", "memory")?;
    Ok(db)
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// Sequence numbers and positions as SQLite holds them.
fn int(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// And back.
fn uint(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
