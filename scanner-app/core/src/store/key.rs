//! The key of the encrypted store: 32 random bytes, made once.
//!
//! Today it lives in a file beside the store, readable by its owner only, and
//! the status line says so. A [`KeyPlace`] for the operating system's keyring
//! takes its place without touching the store.

use super::StoreError;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A raw 256-bit key.
pub type StoreKey = Zeroizing<[u8; 32]>;

/// Where the key lives.
pub trait KeyPlace {
    /// The key, if there is one.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    fn load(&self) -> Result<Option<StoreKey>, StoreError>;
    /// Keeps a new key, on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written, or a key is there already.
    fn keep(&self, key: &StoreKey) -> Result<(), StoreError>;
    /// Where that is, in words for the status line.
    fn describe(&self) -> String;
}

/// A file with mode 600.
#[derive(Debug, Clone)]
pub struct KeyFile(pub PathBuf);

impl KeyFile {
    fn io(&self, source: std::io::Error) -> StoreError {
        StoreError::Io {
            path: self.0.clone(),
            source,
        }
    }
}

impl KeyPlace for KeyFile {
    fn load(&self) -> Result<Option<StoreKey>, StoreError> {
        let bytes = match fs::read(&self.0) {
            Ok(bytes) => Zeroizing::new(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(self.io(error)),
        };
        let key: [u8; 32] = bytes
            .as_slice()
            .try_into()
            .map_err(|_| StoreError::KeyDamaged(self.0.clone()))?;
        Ok(Some(Zeroizing::new(key)))
    }

    fn keep(&self, key: &StoreKey) -> Result<(), StoreError> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(&self.0).map_err(|error| self.io(error))?;
        file.write_all(key.as_slice())
            .and_then(|()| file.sync_all())
            .map_err(|error| self.io(error))?;
        sync_folder(&self.0);
        Ok(())
    }

    fn describe(&self) -> String {
        let name = self.0.file_name().unwrap_or(self.0.as_os_str());
        format!(
            "the file {} in the store's folder, readable by its owner only",
            name.to_string_lossy()
        )
    }
}

/// Makes a new name in a folder durable, where the system lets us.
fn sync_folder(file: &Path) {
    if let Some(folder) = file.parent()
        && let Ok(folder) = fs::File::open(folder)
        && let Err(error) = folder.sync_all()
    {
        tracing::debug!(%error, "the folder of the store key cannot be synced");
    }
}

/// A new random key.
///
/// # Errors
/// When the system gives no randomness.
pub(crate) fn new_key(folder: &Path) -> Result<StoreKey, StoreError> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut_slice()).map_err(|error| StoreError::Io {
        path: folder.to_owned(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(key)
}
