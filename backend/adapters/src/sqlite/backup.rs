//! Backups of the embedded store, and stores made from them.
//!
//! A backup is one file that needs nothing beside it: the snapshot that `VACUUM INTO`
//! reads while the server goes on writing, without what was deleted before. A table
//! that only backups have says when it was taken, and holds a hash of everything
//! else; so damage is found wherever it is, inside of a name or a number too. The
//! hash is no signature: who may change the file can make another one.
//!
//! Always true: nothing is a backup before it was read again and found whole, and no
//! store is made of anything else.

use super::db::{self, DbError};
use super::{auth, checkin, migrate, sealed};
use crate::private;
use crate::seal::KeyFile;
use gateline_common::{Hash, Timestamp};
use gateline_core::shared::StoreError;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};
use sha2::{Digest, Sha256};
use std::fs::OpenOptions;
use std::path::Path;

/// What a backup says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backup {
    /// It has what was committed by then.
    pub taken_at: Timestamp,
    /// How many rows it has.
    pub rows: u64,
}

/// Why there is no backup, or no store from it.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Some other file.
    #[error("it is no backup that `gateline backup` made")]
    NotABackup,
    /// Not as it was written.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// The store is damaged or newer, the backup is newer, or its keys are missing.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written or read.
    #[error(transparent)]
    File(#[from] std::io::Error),
}

impl From<DbError> for BackupError {
    fn from(error: DbError) -> Self {
        Self::Store(error.into())
    }
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        DbError::from(error).into()
    }
}

/// Writes a backup of the store at `store`, which a server may be using, to `to`:
/// a file that this account alone may read. When this returns, it was read again, and
/// is on the disk under that name.
///
/// # Errors
/// When the store is damaged or of a newer version, or the file cannot be written.
/// What is there then is no backup.
pub fn back_up(store: &Path, to: &Path, now: Timestamp) -> Result<Backup, BackupError> {
    private::create(to)?;
    {
        let source = db::connect(store, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        db::check_sound(&source)?;
        migrate::check(&source)?;
        let name = to.to_str().ok_or(std::io::ErrorKind::InvalidInput);
        let name = name.map_err(std::io::Error::from)?;
        source.execute("VACUUM INTO ?1", [name])?;
    }
    {
        let copy = Connection::open(to)?;
        let (hash, rows) = content(&copy)?;
        copy.execute_batch(
            "CREATE TABLE backup (
                taken_at INTEGER NOT NULL, rows INTEGER NOT NULL, content BLOB NOT NULL) STRICT",
        )?;
        let sql = "INSERT INTO backup (taken_at, rows, content) VALUES (?1, ?2, ?3)";
        copy.execute(sql, (now.0, rows, hash.as_bytes()))?;
    }
    sync(to)?;
    verified(&Connection::open_with_flags(
        to,
        OpenFlags::SQLITE_OPEN_READ_ONLY,
    )?)
}

/// Makes a store of the file, which is a copy of a backup: nobody is signed in to it,
/// and no enrolment code is good, as those that ended since the backup would be good
/// again. When this returns, it is on the disk.
///
/// # Errors
/// When it is no backup, is damaged or of a newer version, or when `keys` do not open
/// what is sealed in it.
pub fn make_store(file: &Path, keys: &KeyFile) -> Result<Backup, BackupError> {
    let backup = {
        let mut connection = Connection::open(file)?;
        let backup = verified(&connection)?;
        sealed::check(&connection, keys)?;
        let transaction = connection.transaction()?;
        transaction.execute_batch("DROP TABLE backup")?;
        transaction.execute_batch(auth::AT_RESTORE)?;
        transaction.execute_batch(checkin::AT_RESTORE)?;
        transaction.commit()?;
        backup
    };
    sync(file)?;
    Ok(backup)
}

fn sync(file: &Path) -> std::io::Result<()> {
    // Where syncing needs the right to write.
    OpenOptions::new().write(true).open(file)?.sync_all()
}

/// What the backup says of itself, if it is whole and this program can read it.
fn verified(connection: &Connection) -> Result<Backup, BackupError> {
    let sql = "SELECT taken_at, rows, content FROM backup";
    let said = connection.query_row(sql, [], |row| {
        let backup = Backup {
            taken_at: Timestamp(row.get(0)?),
            rows: row.get(1)?,
        };
        Ok((backup, Hash(row.get(2)?)))
    });
    let (backup, hash) = said.map_err(|error| match error.sqlite_error_code() {
        Some(rusqlite::ErrorCode::DatabaseCorrupt) => damaged(error),
        _ => BackupError::NotABackup,
    })?;
    migrate::check(connection)?;
    let sql = "PRAGMA integrity_check(1)";
    let found = connection.query_row(sql, [], |row| row.get::<_, String>(0));
    match found.map_err(damaged)? {
        words if words == "ok" => {}
        words => return Err(BackupError::Damaged(words)),
    }
    if content(connection).map_err(damaged)? != (hash, backup.rows) {
        let words = "what it holds is not what was written";
        return Err(BackupError::Damaged(words.to_owned()));
    }
    Ok(backup)
}

fn damaged(error: rusqlite::Error) -> BackupError {
    BackupError::Damaged(error.to_string())
}

/// The hash of all tables, indexes and rows but the backup's own, and the number of
/// rows.
fn content(connection: &Connection) -> rusqlite::Result<(Hash, u64)> {
    let sql = "SELECT name, type, sql FROM sqlite_schema
               WHERE sql IS NOT NULL AND name <> 'backup' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
               ORDER BY type, name";
    let mut statement = connection.prepare(sql)?;
    let parts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let parts: Vec<(String, String, String)> = parts.collect::<Result<_, _>>()?;
    let (mut hash, mut rows) = (Sha256::new(), 0);
    for (name, kind, sql) in parts {
        add(&mut hash, ValueRef::Text(sql.as_bytes()));
        if kind == "table" {
            rows += add_rows(connection, &name, &mut hash)?;
        }
    }
    Ok((Hash(hash.finalize().into()), rows))
}

fn add_rows(connection: &Connection, table: &str, hash: &mut Sha256) -> rusqlite::Result<u64> {
    // In the order of the table itself, whatever indexes there are.
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{table}\" NOT INDEXED"))?;
    let columns = statement.column_count();
    let mut rows = statement.query([])?;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        for column in 0..columns {
            add(hash, row.get_ref(column)?);
        }
        count += 1;
    }
    Ok(count)
}

/// A value, with its kind and its length.
fn add(hash: &mut Sha256, value: ValueRef<'_>) {
    let (kind, bytes) = match value {
        ValueRef::Null => (0, &[][..]),
        ValueRef::Integer(number) => return add_fixed(hash, 1, number.to_be_bytes()),
        ValueRef::Real(number) => return add_fixed(hash, 2, number.to_be_bytes()),
        ValueRef::Text(bytes) => (3, bytes),
        ValueRef::Blob(bytes) => (4, bytes),
    };
    add_fixed(hash, kind, (bytes.len() as u64).to_be_bytes());
    hash.update(bytes);
}

fn add_fixed(hash: &mut Sha256, kind: u8, bytes: [u8; 8]) {
    hash.update([kind]);
    hash.update(bytes);
}
