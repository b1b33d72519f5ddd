//! The installation's secrets: one file in the data folder, made at the first
//! start, readable by this account only.

use crate::context::Secrets;
use anyhow::{Context as _, anyhow};
use gateline_adapters::private;
use gateline_common::Hash;
use gateline_core::shared::random;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// Reads the secrets, or makes them.
///
/// # Errors
/// When the file cannot be read or made, or is damaged.
pub(crate) fn load(folder: &Path) -> anyhow::Result<Secrets> {
    let path = folder.join("token-secret");
    let text = match std::fs::read_to_string(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let text = Hash(random::bytes()).to_string();
            write(&path, text.as_bytes())?;
            text
        }
        other => other.with_context(|| format!("cannot read {}", path.display()))?,
    };
    let token = Hash::parse(text.trim())
        .map_err(|error| anyhow!("{} is damaged: {error}", path.display()))?;
    let fingerprint = Hash::of(&[b"gateline-fingerprint", &token.0]);
    Ok(Secrets {
        token: token.0,
        fingerprint: fingerprint.0,
    })
}

/// Writes a file that only this account may read; it is there as a whole or not
/// at all, and when this returns it is there after a power cut too.
pub(crate) fn write(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let draft = path.with_extension("draft");
    let write = || -> std::io::Result<()> {
        let mut file = private::create(&draft)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&draft, path)?;
        sync_folder(path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Makes a new name durable.
#[cfg(unix)]
fn sync_folder(file: &Path) -> std::io::Result<()> {
    match file.parent() {
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

/// Where folders cannot be synced, names are the file system's to keep.
#[cfg(not(unix))]
fn sync_folder(_file: &Path) -> std::io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_made_once_and_only_this_account_may_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let first = load(folder.path()).unwrap();
        let second = load(folder.path()).unwrap();
        assert_eq!(first.token, second.token);
        assert_ne!(first.token, first.fingerprint);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let kept = std::fs::metadata(folder.path().join("token-secret")).unwrap();
            assert_eq!(kept.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn a_damaged_secret_is_an_error_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token-secret"), "short").unwrap();
        assert!(load(folder.path()).is_err());
    }
}
