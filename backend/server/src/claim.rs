//! One server per data folder: two would both relay its events, work off its
//! tables, and each believe to be the only one.

use crate::restore;
use anyhow::{Context as _, bail};
use gateline_adapters::private;
use std::fs::{File, TryLockError};
use std::path::Path;

/// Claims the folder for this process, as long as the file is held. A restore that
/// was interrupted there is brought to its end.
///
/// # Errors
/// When another server has it, or the lock file cannot be made.
pub(crate) fn claim(folder: &Path) -> anyhow::Result<File> {
    private::make_folder(folder)
        .with_context(|| format!("cannot make the data folder {}", folder.display()))?;
    let path = folder.join("gateline.lock");
    let cannot = || format!("cannot lock {}", path.display());
    let file = private::create(&path).with_context(cannot)?;
    match file.try_lock() {
        Ok(()) => {
            restore::finish(folder).context("a restore was interrupted, and cannot be finished")?;
            Ok(file)
        }
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

    #[cfg(unix)]
    #[test]
    fn a_data_folder_that_the_server_makes_is_for_its_account_alone() {
        use std::os::unix::fs::PermissionsExt;
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("data");
        claim(&folder).unwrap();
        let made = std::fs::metadata(&folder).unwrap();
        assert_eq!(made.permissions().mode() & 0o777, 0o700);
    }
}
