//! Who has the store open: every open store holds a shared lock beside it, and a
//! rebuild needs it alone, so that no program goes on writing to a file that another
//! has put aside.

use super::StoreError;
use std::fs::{File, TryLockError};
use std::path::Path;

const FILE: &str = "store.lock";

/// Held as long as the store is open.
#[derive(Debug)]
pub(super) struct InUse {
    _lock: File,
}

fn file(folder: &Path) -> Result<File, StoreError> {
    let path = folder.join(FILE);
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    options
        .open(&path)
        .map_err(|source| StoreError::Io { path, source })
}

fn lock(
    folder: &Path,
    how: impl Fn(&File) -> Result<(), TryLockError>,
) -> Result<Option<InUse>, StoreError> {
    let file = file(folder)?;
    match how(&file) {
        Ok(()) => Ok(Some(InUse { _lock: file })),
        Err(TryLockError::WouldBlock) => Ok(None),
        // A file system without locks: there, two programs are the user's business.
        Err(TryLockError::Error(source)) if source.kind() == std::io::ErrorKind::Unsupported => {
            Ok(Some(InUse { _lock: file }))
        }
        Err(TryLockError::Error(source)) => Err(StoreError::Io {
            path: folder.join(FILE),
            source,
        }),
    }
}

/// Beside others.
pub(super) fn share(folder: &Path) -> Result<InUse, StoreError> {
    lock(folder, File::try_lock_shared)?.ok_or(StoreError::Busy)
}

/// Alone; `None` when somebody else has it open.
pub(super) fn alone(folder: &Path) -> Result<Option<InUse>, StoreError> {
    lock(folder, File::try_lock)
}
