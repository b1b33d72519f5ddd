//! Makes a good store of a damaged one: who the gate is, its manifest and its log, as
//! far as they can be read; the list comes from the server again.
//!
//! Always: the damaged files are copied aside first and never changed. The new store
//! takes the old one's place as a whole, and a crash at any moment leaves one of them.
//! A log that cannot be read in full says so: how many scans are missing, and how many
//! of these the server cannot have.

mod salvage;
mod write;

use super::{STORE_FILE, StoreError, StoreKey, connect, damage, in_use};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// In the making.
const PART: &str = "store.part.db";
/// Complete, and about to take the store's place.
const REBUILT: &str = "store.rebuilt.db";

/// What a rebuild kept, as the new store says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rebuilt {
    /// Records that were kept.
    pub kept: u64,
    /// Scans that were logged and cannot be read any more.
    pub lost: u64,
    /// Of these, at most so many that the server does not have.
    pub lost_unsent: u64,
    /// The folder with the damaged files, within the store's.
    pub aside: String,
    /// May more be lost? How many scans were logged could not be read either.
    pub at_least: bool,
}

/// Was the store found damaged, or is a rebuild unfinished?
pub(super) fn is_due(folder: &Path) -> bool {
    damage::mark(folder).exists() || folder.join(REBUILT).exists()
}

/// Rebuilds the store in `folder`.
///
/// # Errors
/// `Damaged` when somebody else has it open, or when who the gate is cannot be read;
/// `NotReadable` when nothing can.
pub(super) fn run(folder: &Path, key: &StoreKey) -> Result<(), StoreError> {
    let Some(_alone) = in_use::alone(folder)? else {
        let words = "another program has it open; close that, and it is rebuilt at the next start";
        return Err(StoreError::Damaged(words.into()));
    };
    let io = |source| StoreError::Io {
        path: folder.to_owned(),
        source,
    };
    if !folder.join(REBUILT).exists() {
        make(folder, key)?;
    }
    // From here on the new store is the store: whoever comes next goes on here.
    for name in ["-wal", "-shm"] {
        gone(&folder.join(format!("{STORE_FILE}{name}"))).map_err(io)?;
    }
    fs::rename(folder.join(REBUILT), folder.join(STORE_FILE)).map_err(io)?;
    gone(&damage::mark(folder)).map_err(io)?;
    sync_folder(folder).map_err(io)
}

fn make(folder: &Path, key: &StoreKey) -> Result<(), StoreError> {
    let io = |source| StoreError::Io {
        path: folder.to_owned(),
        source,
    };
    let aside = put_aside(folder).map_err(io)?;
    let damaged = folder.join(STORE_FILE);
    let found = salvage::read(&|| connect(&damaged, key))?;
    let part = folder.join(PART);
    for name in ["", "-wal", "-shm"] {
        gone(&folder.join(format!("{PART}{name}"))).map_err(io)?;
    }
    let about = Rebuilt {
        kept: found.log.len() as u64,
        lost: found.lost(),
        lost_unsent: found.lost_unsent(),
        aside,
        at_least: !found.is_count_known(),
    };
    write::all(&part, key, &found, &about)?;
    sync_folder(folder).map_err(io)?;
    fs::rename(&part, folder.join(REBUILT)).map_err(io)?;
    sync_folder(folder).map_err(io)?;
    let Rebuilt {
        kept,
        lost,
        aside,
        at_least,
        ..
    } = about;
    tracing::warn!(
        kept,
        lost,
        at_least,
        aside,
        "the store was damaged and is rebuilt"
    );
    Ok(())
}

/// Copies the damaged files into a new folder beside them; its name.
fn put_aside(folder: &Path) -> io::Result<String> {
    let taken = |number: &u32| folder.join(aside_name(*number)).exists();
    let number = (1..u32::MAX).find(|number| !taken(number)).unwrap_or(0);
    let aside = folder.join(aside_name(number));
    fs::create_dir(&aside)?;
    for name in ["", "-wal"] {
        let name = format!("{STORE_FILE}{name}");
        let from = folder.join(&name);
        if from.exists() {
            let to = aside.join(&name);
            fs::copy(&from, &to)?;
            File::options().write(true).open(&to)?.sync_all()?;
        }
    }
    sync_folder(&aside)?;
    Ok(aside_name(number))
}

fn aside_name(number: u32) -> String {
    format!("damaged-{number}")
}

fn gone(path: &PathBuf) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// Where folders cannot be synced, names are the file system's to keep.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}
