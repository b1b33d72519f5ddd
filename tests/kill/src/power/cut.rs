//! Takes back what was not synced.
//!
//! Always: the files are as some disk could hold them after a loss of power at
//! that moment: bytes by sectors, each as it was or as it is; names in the order in
//! which they changed, up to some point.

use super::journal::{self, Entry, KEPT};
use anyhow::{Context, Result};
use gateline_tests::seed::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

/// A sector: what a disk writes as a whole.
const SECTOR: u64 = 512;

/// How much of it is lost.
#[derive(Debug)]
pub enum Extent<'a> {
    /// Everything.
    All,
    /// Each sector, or not, by this sequence.
    Some(&'a mut Rng),
}

/// What was taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undone {
    /// Sectors whose bytes went back.
    pub sectors: u64,
    /// Sectors that had changed without a sync, and stayed.
    pub kept_sectors: u64,
    /// Names that were made, removed or moved, and are not any more.
    pub names: u64,
}

/// Cuts the power of the folder `root` whose journal is in `sidecar`.
///
/// # Errors
/// When a file or the journal cannot be read or written.
pub fn cut(root: &Path, sidecar: &Path, mut extent: Extent<'_>) -> Result<Undone> {
    let entries = journal::unsynced(sidecar)?;
    let mut undone = Undone::default();
    let files = inodes(root, &sidecar.join(KEPT))?;
    for (inode, changes) in by_file(&entries) {
        // A file that is gone for good has nothing to be taken back.
        if let Some(path) = files.get(&inode) {
            take_back(path, &changes, &mut extent, &mut undone)
                .with_context(|| format!("{} cannot be taken back", path.display()))?;
        }
    }
    let names: Vec<&Entry> = entries.iter().filter(|it| it.folder().is_some()).collect();
    let stay = match &mut extent {
        Extent::All => 0,
        Extent::Some(rng) => rng.below(names.len() + 1),
    };
    for entry in names[stay..].iter().rev() {
        rename_back(entry, &sidecar.join(KEPT))?;
        undone.names += 1;
    }
    journal::clear(sidecar)?;
    Ok(undone)
}

fn inodes(root: &Path, kept: &Path) -> Result<BTreeMap<u64, PathBuf>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![kept.to_owned(), root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let entry = entry?;
            let about = entry.metadata()?;
            if about.is_dir() {
                folders.push(entry.path());
            } else {
                found.insert(about.ino(), entry.path());
            }
        }
    }
    Ok(found)
}

fn by_file(entries: &[Entry]) -> BTreeMap<u64, Vec<&Entry>> {
    let mut files: BTreeMap<u64, Vec<&Entry>> = BTreeMap::new();
    for entry in entries {
        if let Entry::Changed { inode, .. } = entry {
            files.entry(*inode).or_default().push(entry);
        }
    }
    files
}

fn take_back(
    path: &Path,
    changes: &[&Entry],
    extent: &mut Extent<'_>,
    undone: &mut Undone,
) -> Result<()> {
    let file = File::options().read(true).write(true).open(path)?;
    let newest = file.metadata()?.len();
    let touched = touched(changes);
    let mut now = BTreeMap::new();
    for sector in &touched {
        now.insert(*sector, read(&file, sector * SECTOR)?);
    }
    for change in changes.iter().rev() {
        if let Entry::Changed {
            length,
            offset,
            old,
            ..
        } = change
        {
            file.write_all_at(old, *offset)?;
            file.set_len(*length)?;
        }
    }
    let Extent::Some(rng) = extent else {
        undone.sectors += touched.len() as u64;
        return Ok(());
    };
    let oldest = file.metadata()?.len();
    let length = if rng.chance(50) { oldest } else { newest };
    file.set_len(length)?;
    for (sector, bytes) in now {
        if rng.chance(50) {
            undone.sectors += 1;
            continue;
        }
        undone.kept_sectors += 1;
        let start = sector * SECTOR;
        let room = usize::try_from(length.saturating_sub(start))?;
        file.write_all_at(&bytes[..bytes.len().min(room)], start)?;
    }
    Ok(())
}

fn touched(changes: &[&Entry]) -> BTreeSet<u64> {
    let mut sectors = BTreeSet::new();
    for change in changes {
        if let Entry::Changed { offset, end, .. } = change {
            sectors.extend(offset / SECTOR..end.div_ceil(SECTOR));
        }
    }
    sectors
}

fn read(file: &File, start: u64) -> Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(SECTOR)?];
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read_at(&mut bytes[filled..], start + filled as u64)? {
            0 => break,
            more => filled += more,
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}

fn rename_back(entry: &Entry, kept: &Path) -> Result<()> {
    let done = match entry {
        Entry::Created { path } => std::fs::remove_file(path),
        Entry::Removed { path, kept: link } => std::fs::hard_link(kept.join(link), path),
        Entry::Renamed { from, to, replaced } => {
            std::fs::rename(to, from).and_then(|()| match replaced {
                Some(link) => std::fs::hard_link(kept.join(link), to),
                None => Ok(()),
            })
        }
        _ => Ok(()),
    };
    match done {
        // The kill came between the journal and the change.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => {
            Ok(())
        }
        other => other.with_context(|| format!("cannot take back {entry:?}")),
    }
}
