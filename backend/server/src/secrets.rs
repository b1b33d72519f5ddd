//! The installation's secrets: one file in the data folder, made at the first
//! start, readable by this account only.

use crate::config::Config;
use crate::context::Secrets;
use anyhow::{Context as _, anyhow};
use gateline_adapters::private;
use gateline_common::Hash;
use gateline_core::shared::random;
use std::io::{ErrorKind, Write};
use std::path::Path;

/// As many characters as 128 random bits have in hexadecimal digits.
const SHORTEST_SHARED: usize = 32;

/// Reads the secrets: those that all processes share, or, embedded, those of the
/// data folder, which are made if they are not there.
///
/// # Errors
/// When the file cannot be read or made, or is damaged.
pub(crate) fn load(config: &Config) -> anyhow::Result<Secrets> {
    match &config.shared_secret_file {
        Some(path) => shared(path),
        None => of_folder(&config.data),
    }
}

/// Each secret is derived from the shared one, so none tells another.
fn shared(path: &Path) -> anyhow::Result<Secrets> {
    let cannot = || format!("shared_secret_file: cannot use {}", path.display());
    let text = std::fs::read_to_string(path).with_context(cannot)?;
    let text = text.trim();
    if text.len() < SHORTEST_SHARED {
        return Err(anyhow!("it has fewer than {SHORTEST_SHARED} characters")).with_context(cannot);
    }
    let derived = |what: &[u8]| Hash::of(&[b"gateline-shared-", what, text.as_bytes()]).0;
    Ok(Secrets {
        token: derived(b"token"),
        fingerprint: derived(b"fingerprint"),
        services: derived(b"services"),
    })
}

fn of_folder(folder: &Path) -> anyhow::Result<Secrets> {
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
        services: Hash::of(&[b"gateline-services", &token.0]).0,
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
        private::put_in_place(&draft, path)
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_made_once_and_only_this_account_may_read_them() {
        let folder = tempfile::tempdir().unwrap();
        let first = of_folder(folder.path()).unwrap();
        let second = of_folder(folder.path()).unwrap();
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
    fn whoever_reads_the_shared_secret_has_the_same_secrets_and_each_is_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("shared");
        std::fs::write(&file, format!("{}\n", "ab".repeat(32))).unwrap();
        let (first, second) = (shared(&file).unwrap(), shared(&file).unwrap());
        assert_eq!(first.services, second.services);
        assert_ne!(first.services, first.token);
        assert_ne!(first.token, first.fingerprint);
        std::fs::write(&file, "ab").unwrap();
        assert!(shared(&file).is_err());
        assert!(shared(&folder.path().join("none")).is_err());
    }

    #[test]
    fn a_damaged_secret_is_an_error_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("token-secret"), "short").unwrap();
        assert!(of_folder(folder.path()).is_err());
    }
}
