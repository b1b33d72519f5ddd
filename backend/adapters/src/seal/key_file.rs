//! The file of the keys that seal a store: text, a key a line in base64url, the
//! newest first; lines that begin with `#` say what it is. Only this account may
//! read it. Made when a store is new; never for a store that is sealed already.

use super::StoreKeys;
use crate::private;
use gateline_common::Hash;
use gateline_core::shared::random;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const HEAD: &str = "\
# The keys that seal the signing keys in Gateline's store, the newest first.
# Keep a copy, and keep it apart from copies of the store: the store is useless
# for signing without it, and nobody can make it anew.
";

/// Where the keys of a store are.
#[derive(Debug, Clone)]
pub struct KeyFile(PathBuf);

/// A file of keys that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// It cannot be read or written.
    #[error("the file of the store's keys, {}: {reason}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },
    /// It is no such file, or was damaged.
    #[error("{} holds no keys of a store", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
}

impl KeyFile {
    /// The file at `path`, there or not.
    #[must_use]
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Its keys; `None` if there is no such file.
    ///
    /// # Errors
    /// When it cannot be read, or is no such file.
    pub fn read(&self) -> Result<Option<StoreKeys>, KeyFileError> {
        let text = match std::fs::read_to_string(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            other => other.map_err(|reason| self.unusable(reason))?,
        };
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        let keys: Result<Vec<_>, _> = lines
            .map(|line| Hash::parse(line).map(|key| key.0))
            .collect();
        let damaged = || KeyFileError::Damaged {
            path: self.0.clone(),
        };
        let keys = keys.map_err(|_| damaged())?;
        let (newest, before) = keys.split_first().ok_or_else(damaged)?;
        Ok(Some(StoreKeys::new(*newest, before)))
    }

    /// Makes the file with a new key.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn make(&self) -> Result<StoreKeys, KeyFileError> {
        let keys = StoreKeys::new(random::bytes(), &[]);
        self.write(&keys)?;
        Ok(keys)
    }

    /// Puts these keys in the place of those it has; there as a whole or not at
    /// all.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, keys: &StoreKeys) -> Result<(), KeyFileError> {
        let mut text = HEAD.to_owned();
        for key in std::iter::once(&keys.newest).chain(&keys.before) {
            text += &format!("{}\n", Hash(*key.secret));
        }
        let draft = self.0.with_extension("draft");
        let write = || -> io::Result<()> {
            let mut file = private::create(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            // The store is sealed with it: the name must be as durable as that.
            private::put_in_place(&draft, &self.0)
        };
        write().map_err(|reason| self.unusable(reason))
    }

    fn unusable(&self, reason: io::Error) -> KeyFileError {
        KeyFileError::Unusable {
            path: self.0.clone(),
            reason,
        }
    }
}

impl StoreKeys {
    /// A new key before all of these.
    #[must_use]
    pub fn with_a_new_one(&self) -> Self {
        let before = std::iter::once(&self.newest).chain(&self.before);
        let before: Vec<[u8; 32]> = before.map(|key| *key.secret).collect();
        Self::new(random::bytes(), &before)
    }

    /// The newest alone.
    #[must_use]
    pub fn newest_alone(&self) -> Self {
        Self::new(*self.newest.secret, &[])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_keys_reads_back_and_only_this_account_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::at(folder.path().join("store-key"));
        assert!(file.read().unwrap().is_none());
        let made = file.make().unwrap();
        let rotated = made.with_a_new_one();
        file.write(&rotated).unwrap();
        let read = file.read().unwrap().unwrap();
        assert_eq!(read.newest_id(), rotated.newest_id());
        assert!(read.has(made.newest_id()));
        assert!(!read.newest_alone().has(made.newest_id()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let kept = std::fs::metadata(file.path()).unwrap();
            assert_eq!(kept.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn another_file_is_refused_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeyFile::at(folder.path().join("store-key"));
        for text in ["", "# nothing\n", "short\n", "<html>"] {
            std::fs::write(file.path(), text).unwrap();
            let refused = file.read().unwrap_err();
            assert!(matches!(refused, KeyFileError::Damaged { .. }), "{text}");
            assert_eq!(std::fs::read_to_string(file.path()).unwrap(), text);
        }
    }
}
