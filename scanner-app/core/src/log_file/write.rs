//! Writes the file beside its place, syncs it, and puts it there under its name.

use super::{FORM, Head, Line, Tail, rendered, signed_bytes};
use crate::store::{Store, StoreError, log};
use gateline_common::{Hash, Timestamp};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use ticket_crypto::detached::{Domain, sign};

/// Records that are read at once.
const PAGE: usize = 500;
const PAGE_BYTES: usize = 1 << 20;

/// Why the file could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The store cannot be read, or is not enrolled.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("{path}: {source}")]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Writes the log of the device in `store`, as it is now (`at`, device's clock), to
/// `path`, in place of what is there. Answers the number of records.
///
/// # Errors
/// The [`WriteError`]; nothing is left under that name then that was not there.
pub fn write(store: &mut Store, at: Timestamp, path: &Path) -> Result<u64, WriteError> {
    let part = beside(path);
    let failed = |source| WriteError::File {
        path: path.to_owned(),
        source,
    };
    let written = write_part(store, at, &part);
    let result = written.and_then(|records| {
        std::fs::rename(&part, path).map_err(failed)?;
        Ok(records)
    });
    if result.is_err()
        && let Err(error) = std::fs::remove_file(&part)
    {
        tracing::debug!(%error, "no part of a log file is left behind");
    }
    result
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

fn write_part(store: &mut Store, at: Timestamp, part: &Path) -> Result<u64, WriteError> {
    let failed = |source| WriteError::File {
        path: part.to_owned(),
        source,
    };
    let who = store.identity()?.ok_or(StoreError::NotEnrolled)?;
    let known = store.known()?;
    let head = Head {
        gateline_log: FORM,
        device: who.device,
        name: who.name,
        org: who.org,
        org_name: known.map_or_else(String::new, |known| known.manifest.org_name.clone()),
        device_key: who.signing_key.public_key(),
        root_key: who.root_key,
        exported_at: at,
        program: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let file = create(part).map_err(failed)?;
    let mut out = Hashing {
        out: BufWriter::new(file),
        hash: Sha256::new(),
    };
    out.line(&head).map_err(failed)?;
    let (last, _) = log::head(store.db())?;
    let (mut records, mut last_seq, mut last_hash) = (0, 0, Hash::ZERO);
    while last_seq < last {
        let page = store.records_from(last_seq + 1, PAGE, PAGE_BYTES)?;
        if page.is_empty() {
            break;
        }
        for line in page.iter().take_while(|line| line.seq <= last) {
            let shown = Line::of(&line.bytes)
                .map_err(|error| StoreError::Damaged(format!("record {}: {error}", line.seq)))?;
            out.line(&shown).map_err(failed)?;
            (records, last_seq, last_hash) = (records + 1, line.seq, line.hash);
        }
    }
    let content = Hash(out.hash.clone().finalize().into());
    let signed = signed_bytes(content, records, last_seq, last_hash);
    let tail = Tail {
        records,
        last_seq,
        last_hash,
        signature: sign(&who.signing_key, Domain::LogFile, &signed),
    };
    out.line(&tail).map_err(failed)?;
    let file = out
        .out
        .into_inner()
        .map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok(records)
}

/// A file that only its owner reads: it holds the codes of tickets.
fn create(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    match options.open(path) {
        // Left behind by a program that was killed.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            std::fs::remove_file(path)?;
            options.open(path)
        }
        other => other,
    }
}

struct Hashing {
    out: BufWriter<File>,
    hash: Sha256,
}

impl Hashing {
    fn line(&mut self, value: &impl serde::Serialize) -> io::Result<()> {
        let line = rendered(value)?;
        self.hash.update(&line);
        self.out.write_all(&line)
    }
}
