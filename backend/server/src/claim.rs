//! One server per data folder: two would both relay its events, work off its
//! tables, and each believe to be the only one.

use anyhow::{Context as _, bail};
use std::fs::{File, TryLockError};
use std::path::Path;

/// Claims the folder for this process, as long as the file is held.
///
/// # Errors
/// When another server has it, or the lock file cannot be made.
pub(crate) fn claim(folder: &Path) -> anyhow::Result<File> {
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    let path = folder.join("gateline.lock");
    let cannot = || format!("cannot lock {}", path.display());
    let file = File::create(&path).with_context(cannot)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            bail!(
                "another server runs over the data folder {}",
                folder.display()
            )
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(cannot),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_one_server_until_that_one_ends() {
        let folder = tempfile::tempdir().unwrap();
        let first = claim(folder.path()).unwrap();
        assert!(claim(folder.path()).is_err());
        drop(first);
        claim(folder.path()).unwrap();
    }
}
