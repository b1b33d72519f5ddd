//! The journal of what is not synced yet: written by the library inside of a
//! program, read after that program was killed.
//!
//! Always: an entry is in the journal before its change is in the file, so a
//! truncated last entry belongs to a change that did not take place. Taking back a
//! change that did not take place changes nothing.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The journal's file in the sidecar folder.
pub const FILE: &str = "journal";
/// The folder in it with links to files that were removed.
pub const KEPT: &str = "kept";

/// What changed, and how to take it back. Files go by their inode, as names may
/// change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Bytes of a file were written or cut off.
    Changed {
        /// The file.
        inode: u64,
        /// Its length before.
        length: u64,
        /// Where the change begins.
        offset: u64,
        /// How far it goes; behind `length` there was nothing.
        end: u64,
        /// What was there.
        old: Vec<u8>,
    },
    /// The file's contents are on disk.
    Synced {
        /// The file.
        inode: u64,
    },
    /// A name was made.
    Created {
        /// The name.
        path: PathBuf,
    },
    /// A name was removed; the file is kept.
    Removed {
        /// The name.
        path: PathBuf,
        /// The link to the file, in [`KEPT`].
        kept: String,
    },
    /// A file got another name.
    Renamed {
        /// From.
        from: PathBuf,
        /// To.
        to: PathBuf,
        /// The link to the file that had the name before, in [`KEPT`].
        replaced: Option<String>,
    },
    /// The names in this folder are on disk.
    FolderSynced {
        /// The folder.
        path: PathBuf,
    },
}

impl Entry {
    /// Its bytes, with their length in front.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body = Vec::new();
        match self {
            Self::Changed {
                inode,
                length,
                offset,
                end,
                old,
            } => {
                body.push(0);
                for number in [inode, length, offset, end] {
                    body.extend_from_slice(&number.to_le_bytes());
                }
                body.extend_from_slice(old);
            }
            Self::Synced { inode } => {
                body.push(1);
                body.extend_from_slice(&inode.to_le_bytes());
            }
            Self::Created { path } => texts(&mut body, 2, &[&name(path)]),
            Self::Removed { path, kept } => texts(&mut body, 3, &[&name(path), kept]),
            Self::Renamed { from, to, replaced } => {
                let replaced = replaced.as_deref().unwrap_or("");
                texts(&mut body, 4, &[&name(from), &name(to), replaced]);
            }
            Self::FolderSynced { path } => texts(&mut body, 5, &[&name(path)]),
        }
        let mut bytes = (body.len() as u64).to_le_bytes().to_vec();
        bytes.extend(body);
        bytes
    }

    fn read(body: &[u8]) -> Option<Self> {
        let (kind, rest) = body.split_first()?;
        let number = |index: usize| {
            let bytes = rest.get(index * 8..index * 8 + 8)?;
            Some(u64::from_le_bytes(bytes.try_into().ok()?))
        };
        let text = |index: usize| {
            let text = std::str::from_utf8(rest).ok()?;
            Some(text.split('\0').nth(index)?.to_owned())
        };
        let path = |index: usize| text(index).map(PathBuf::from);
        Some(match kind {
            0 => Self::Changed {
                inode: number(0)?,
                length: number(1)?,
                offset: number(2)?,
                end: number(3)?,
                old: rest.get(32..)?.to_vec(),
            },
            1 => Self::Synced { inode: number(0)? },
            2 => Self::Created { path: path(0)? },
            3 => Self::Removed {
                path: path(0)?,
                kept: text(1)?,
            },
            4 => Self::Renamed {
                from: path(0)?,
                to: path(1)?,
                replaced: text(2).filter(|kept| !kept.is_empty()),
            },
            5 => Self::FolderSynced { path: path(0)? },
            _ => return None,
        })
    }

    /// The folder whose names this changed.
    #[must_use]
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Created { path } | Self::Removed { path, .. } => path.parent(),
            Self::Renamed { to, .. } => to.parent(),
            _ => None,
        }
    }
}

fn name(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn texts(body: &mut Vec<u8>, kind: u8, texts: &[&str]) {
    body.push(kind);
    body.extend_from_slice(texts.join("\0").as_bytes());
}

/// What is not synced, in the order in which it was done. A last entry that a kill
/// cut short is cut off: what the next program writes behind it would be taken for
/// its rest.
///
/// # Errors
/// When the journal cannot be read or cut.
pub fn unsynced(sidecar: &Path) -> io::Result<Vec<Entry>> {
    let mut bytes = Vec::new();
    let mut options = std::fs::File::options();
    let mut file = match options.read(true).write(true).open(sidecar.join(FILE)) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    file.read_to_end(&mut bytes)?;
    let (entries, torn) = entries(&bytes);
    if torn > 0 {
        file.set_len((bytes.len() - torn) as u64)?;
    }
    Ok(open_entries(entries))
}

/// The whole entries, and how many bytes there are behind them.
fn entries(mut bytes: &[u8]) -> (Vec<Entry>, usize) {
    let mut entries = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<8>() {
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let Some(body) = rest.get(..length) else {
            break;
        };
        entries.extend(Entry::read(body));
        bytes = &rest[length..];
    }
    (entries, bytes.len())
}

/// Without those that a later sync made durable.
fn open_entries(all: Vec<Entry>) -> Vec<Entry> {
    let (mut files, mut folders) = (BTreeSet::new(), BTreeSet::new());
    let mut open = Vec::new();
    for entry in all.into_iter().rev() {
        match &entry {
            Entry::Synced { inode } => drop(files.insert(*inode)),
            Entry::FolderSynced { path } => drop(folders.insert(path.clone())),
            Entry::Changed { inode, .. } if files.contains(inode) => {}
            other if other.folder().is_some_and(|it| folders.contains(it)) => {}
            _ => open.push(entry),
        }
    }
    open.reverse();
    open
}

/// Forgets everything.
///
/// # Errors
/// When the journal cannot be emptied.
pub fn clear(sidecar: &Path) -> io::Result<()> {
    std::fs::write(sidecar.join(FILE), [])?;
    for kept in std::fs::read_dir(sidecar.join(KEPT))? {
        std::fs::remove_file(kept?.path())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(inode: u64) -> Entry {
        Entry::Changed {
            inode,
            length: 10,
            offset: 4,
            end: 12,
            old: vec![7; 6],
        }
    }

    #[test]
    fn what_was_synced_is_no_longer_open_and_a_torn_end_is_left_out() {
        let created = Entry::Created {
            path: "/a/b".into(),
        };
        let renamed = Entry::Renamed {
            from: "/a/b".into(),
            to: "/c/d".into(),
            replaced: None,
        };
        let all = [
            changed(1),
            changed(2),
            created,
            Entry::Synced { inode: 1 },
            renamed.clone(),
            Entry::FolderSynced { path: "/a".into() },
            changed(1),
        ];
        let mut bytes: Vec<u8> = all.iter().flat_map(Entry::to_bytes).collect();
        bytes.extend(&changed(3).to_bytes()[..20]);
        let (read, torn) = entries(&bytes);
        assert_eq!((&read[..], torn), (&all[..], 20));
        assert_eq!(open_entries(read), [changed(2), renamed, changed(1)]);
    }
}
