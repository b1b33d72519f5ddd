//! The key in the keyring of the operating system: Secret Service (Linux), Credential
//! Manager (Windows), Keychain (macOS).
//!
//! The store's folder holds the name of its entry, so that a folder can be moved, and
//! several stores of one user have a key each. Always: a keyring that does not answer
//! is given up after a while; its thread is left behind, never waited for.

use super::StoreError;
use super::key::{self, StoreKey};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::time::Duration;
use uuid::Uuid;
use zeroize::Zeroizing;

/// The file in the store's folder that names the entry.
const NAME_FILE: &str = "store.keyring";
/// The same in the making.
const PART: &str = "store.keyring.part";
/// What the keyring shows as the program of an entry.
const SERVICE: &str = "Gateline scanner";
/// Long enough for somebody to type the password of a locked keyring.
const LIMIT: Duration = Duration::from_secs(60);

/// A store's entry in the keyring.
pub(super) struct KeyringEntry(Uuid);

impl KeyringEntry {
    /// The entry that the folder names. A name that is not one is none: the folder
    /// gets its name whole or not at all.
    ///
    /// # Errors
    /// `Io` when the file is there and cannot be read.
    pub(super) fn of(folder: &Path) -> Result<Option<Self>, StoreError> {
        let path = folder.join(NAME_FILE);
        match fs::read_to_string(&path) {
            Ok(name) => Ok(name.trim().parse().ok().map(Self)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(StoreError::Io { path, source }),
        }
    }

    /// Keeps the key of a new store in the keyring, and its name in the folder; or
    /// says why there is no keyring that would.
    ///
    /// # Errors
    /// `Io` when the name cannot be written.
    pub(super) fn make(folder: &Path, key: &StoreKey) -> Result<Result<(), String>, StoreError> {
        let entry = Self(Uuid::new_v4());
        let kept = entry.keep(key).and_then(|()| entry.load());
        match kept {
            // A keyring that forgets at once is none.
            Ok(Some(found)) if found == *key => {}
            Ok(_) => return Ok(Err("it does not give back what it was given".to_owned())),
            Err(reason) => return Ok(Err(reason)),
        }
        let (part, path) = (folder.join(PART), folder.join(NAME_FILE));
        write_name(&part, entry.0)
            .and_then(|()| fs::rename(&part, &path))
            .map_err(|source| StoreError::Io {
                path: PathBuf::from(&path),
                source,
            })?;
        key::sync_folder(&path);
        Ok(Ok(()))
    }

    /// The key; `None` when the keyring has no such entry, or it is no key.
    pub(super) fn load(&self) -> Result<Option<StoreKey>, String> {
        let name = self.0;
        let found = bounded(move || match open(name)?.get_secret() {
            Ok(secret) => Ok(Some(Zeroizing::new(secret))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(error),
        })?;
        Ok(found.and_then(|secret| secret.as_slice().try_into().ok().map(Zeroizing::new)))
    }

    fn keep(&self, key: &StoreKey) -> Result<(), String> {
        let (name, key) = (self.0, key.clone());
        bounded(move || open(name)?.set_secret(key.as_slice()))
    }
}

fn open(name: Uuid) -> keyring::Result<keyring::Entry> {
    keyring::Entry::new(SERVICE, &name.to_string())
}

fn write_name(path: &Path, name: Uuid) -> io::Result<()> {
    use io::Write;
    let mut file = fs::File::create(path)?;
    writeln!(file, "{name}")?;
    file.sync_all()
}

/// Runs `work` on a thread of its own, which a keyring may hold for as long as it likes.
fn bounded<T: Send + 'static>(
    work: impl FnOnce() -> keyring::Result<T> + Send + 'static,
) -> Result<T, String> {
    let (reply, answer) = mpsc::channel();
    std::thread::Builder::new()
        .name("keyring".to_owned())
        .spawn(move || {
            // Nobody waits any more: then nobody needs the answer.
            let _ = reply.send(work().map_err(|error| words(&error)));
        })
        .map_err(|error| format!("no thread: {error}"))?;
    answer
        .recv_timeout(LIMIT)
        .unwrap_or_else(|_| Err(format!("no answer within {} s", LIMIT.as_secs())))
}

/// An entry cannot be made where no keyring could be opened; why that was, the crate
/// keeps apart.
fn words(error: &keyring::Error) -> String {
    match (error, keyring::Entry::store_status()) {
        (keyring::Error::NoDefaultStore, Err(cause)) => cause.to_string(),
        _ => error.to_string(),
    }
}
