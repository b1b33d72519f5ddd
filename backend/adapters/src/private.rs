//! Folders and files that this account alone may read, where the operating
//! system has modes (Unix): 0700 and 0600.
//!
//! Always true: what is made here is private from its first moment. The mode of
//! a folder that exists is the operator's.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes the folder, and those above it that are missing.
///
/// # Errors
/// When one cannot be made, or something else has its name.
pub fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file for writing, made if need be, and empty.
///
/// # Errors
/// When it cannot be made or opened.
pub fn create(path: &Path) -> io::Result<File> {
    let file = writing().create(true).truncate(true).open(path)?;
    tighten(path);
    Ok(file)
}

/// Gives `draft`, whose content is durable, the name `path`, in the place of what has
/// it; when this returns, the name is durable too.
///
/// # Errors
/// When it cannot be renamed, or its folder cannot be synced.
pub fn put_in_place(draft: &Path, path: &Path) -> io::Result<()> {
    std::fs::rename(draft, path)?;
    match path.parent() {
        Some(folder) => sync_folder(folder),
        None => Ok(()),
    }
}

/// Makes the names in a folder durable; where folders cannot be synced, they are
/// the file system's to keep.
///
/// # Errors
/// When the folder cannot be opened or synced.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    match folder.as_os_str().is_empty() {
        _ if cfg!(not(unix)) => Ok(()),
        true => File::open(".")?.sync_all(),
        false => File::open(folder)?.sync_all(),
    }
}

/// Makes an empty file if there is none; one that is there keeps what it holds,
/// and is not opened: SQLite would lose its locks on it.
///
/// # Errors
/// When it cannot be made.
pub fn make(path: &Path) -> io::Result<()> {
    match writing().create_new(true).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => {
            tighten(path);
            Ok(())
        }
    }
}

fn writing() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Takes the file, if there is one, from others that may read it. Where that
/// cannot be done (it is another account's, or the file system has no modes), the
/// log says so.
#[cfg(unix)]
pub fn tighten(path: &Path) {
    use std::fs::{Permissions, metadata, set_permissions};
    use std::os::unix::fs::PermissionsExt;
    let is_open = metadata(path).is_ok_and(|kept| kept.permissions().mode() & 0o077 != 0);
    if is_open && let Err(error) = set_permissions(path, Permissions::from_mode(0o600)) {
        tracing::warn!(path = %path.display(), %error, "other accounts may read this file");
    }
}

/// Without modes, who may read is the folder's to say.
#[cfg(not(unix))]
pub fn tighten(_path: &Path) {}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::fs::{Permissions, set_permissions};
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn what_is_made_is_private_and_a_folder_that_exists_stays_as_it_was_set() {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join("a/b");
        make_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&outer.path().join("a")), 0o700);
        set_permissions(&folder, Permissions::from_mode(0o750)).unwrap();
        make_folder(&folder).unwrap();
        assert_eq!(mode(&folder), 0o750);
        create(&folder.join("file")).unwrap();
        assert_eq!(mode(&folder.join("file")), 0o600);
    }

    #[test]
    fn a_file_that_others_may_read_is_taken_from_them_and_keeps_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "kept").unwrap();
        set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        make(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "kept");
        set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        create(&file).unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "");
        make(&folder.path().join("new")).unwrap();
        assert_eq!(mode(&folder.path().join("new")), 0o600);
    }
}
