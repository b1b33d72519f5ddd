//! Whole paths of what a program names.

use crate::sys;
use std::ffi::{CStr, OsStr};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// The path that `name` stands for, without links being followed; `None` for a name
/// that is relative to another folder than the working one.
pub(crate) unsafe fn whole(at: libc::c_int, name: *const libc::c_char) -> Option<PathBuf> {
    if name.is_null() {
        return None;
    }
    // SAFETY: names of files are C strings.
    let name = Path::new(OsStr::from_bytes(
        unsafe { CStr::from_ptr(name) }.to_bytes(),
    ));
    if name.is_absolute() {
        return Some(plain(name));
    }
    if at != libc::AT_FDCWD {
        return None;
    }
    Some(plain(&sys::working_folder()?.join(name)))
}

fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}
