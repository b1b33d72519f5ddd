//! The key of the encrypted store: 32 random bytes, made once.
//!
//! Always: a store's key stays where it was first put, and the store's folder says
//! where that is; only of a new store can somebody choose. A key that cannot be had
//! is an error, never a reason to make another one for a store that holds something.

use super::keyring::KeyringEntry;
use super::{KEY_FILE, StoreError};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// A raw 256-bit key.
pub type StoreKey = Zeroizing<[u8; 32]>;

/// Where a store's key lives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[cfg_attr(feature = "typescript", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum StoreKeyPlace {
    /// In the keyring of the operating system.
    Keyring,
    /// In a file in the store's folder that only its owner can read.
    #[default]
    File,
}

impl fmt::Display for StoreKeyPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keyring => f.write_str("the keyring of the operating system"),
            Self::File => write!(
                f,
                "the file {KEY_FILE} in the store's folder, readable by its owner only"
            ),
        }
    }
}

/// The key of the store in `folder` and where it lives. A store without data gets a
/// new key, kept in `wanted`; where that is a keyring and there is none, in a file.
///
/// # Errors
/// `KeyMissing`, `KeyDamaged`, `Keyring`, `Io`.
pub(super) fn find_or_make(
    folder: &Path,
    has_data: bool,
    wanted: StoreKeyPlace,
) -> Result<(StoreKey, StoreKeyPlace), StoreError> {
    let file = KeyFile(folder.join(KEY_FILE));
    if let Some(key) = file.load()? {
        return Ok((key, StoreKeyPlace::File));
    }
    if let Some(entry) = KeyringEntry::of(folder)? {
        match entry.load() {
            Ok(Some(key)) => return Ok((key, StoreKeyPlace::Keyring)),
            Ok(None) if has_data => return Err(StoreError::KeyNotInKeyring),
            Err(reason) if has_data => return Err(StoreError::Keyring(reason)),
            // Nothing is lost with the key of a store that was never made.
            Ok(None) | Err(_) => {}
        }
    }
    if has_data {
        return Err(StoreError::KeyMissing(file.0));
    }
    let key = new_key(folder)?;
    if wanted == StoreKeyPlace::Keyring {
        match KeyringEntry::make(folder, &key)? {
            Ok(()) => return Ok((key, StoreKeyPlace::Keyring)),
            Err(reason) => tracing::warn!(
                reason,
                "there is no keyring here: the store's key is kept in a file"
            ),
        }
    }
    file.keep(&key)?;
    Ok((key, StoreKeyPlace::File))
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

impl KeyFile {
    /// The key, if there is one.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn load(&self) -> Result<Option<StoreKey>, StoreError> {
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

    /// Keeps a new key, on disk when this returns.
    ///
    /// # Errors
    /// When it cannot be written, or a key is there already.
    pub fn keep(&self, key: &StoreKey) -> Result<(), StoreError> {
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
}

/// Makes a new name in a folder durable, where the system lets us.
pub(super) fn sync_folder(file: &Path) {
    if let Some(folder) = file.parent()
        && let Ok(folder) = fs::File::open(folder)
        && let Err(error) = folder.sync_all()
    {
        tracing::debug!(%error, "the folder of the store key cannot be synced");
    }
}

/// A new random key.
fn new_key(folder: &Path) -> Result<StoreKey, StoreError> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut_slice()).map_err(|error| StoreError::Io {
        path: folder.to_owned(),
        source: std::io::Error::other(error.to_string()),
    })?;
    Ok(key)
}
