//! System calls as functions that return what libc's own would.

use libc::{c_char, c_int, c_long, c_void, mode_t, off_t, size_t, ssize_t};
use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(crate) fn fail(error: c_int) -> c_int {
    // SAFETY: errno is this thread's own.
    unsafe { *libc::__errno_location() = error };
    -1
}

/// Kills this process, and does not return.
pub(crate) fn die() {
    loop {
        // SAFETY: no pointers.
        unsafe {
            libc::syscall(
                libc::SYS_kill,
                libc::syscall(libc::SYS_getpid),
                libc::SIGKILL,
            )
        };
    }
}

fn narrow(answer: c_long) -> c_int {
    c_int::try_from(answer).unwrap_or(-1)
}

fn wide(answer: c_long) -> ssize_t {
    ssize_t::try_from(answer).unwrap_or(-1)
}

pub(crate) unsafe fn openat(at: c_int, path: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    narrow(unsafe { libc::syscall(libc::SYS_openat, at, path, flags, mode) })
}

pub(crate) fn close(fd: c_int) -> c_int {
    // SAFETY: no pointers.
    narrow(unsafe { libc::syscall(libc::SYS_close, fd) })
}

pub(crate) unsafe fn write(fd: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    // SAFETY: the caller's pointers, handed on.
    wide(unsafe { libc::syscall(libc::SYS_write, fd, bytes, count) })
}

pub(crate) unsafe fn writev(fd: c_int, parts: *const libc::iovec, count: c_int) -> ssize_t {
    // SAFETY: the caller's pointers, handed on.
    wide(unsafe { libc::syscall(libc::SYS_writev, fd, parts, count) })
}

pub(crate) unsafe fn pwrite(
    fd: c_int,
    bytes: *const c_void,
    count: size_t,
    offset: off_t,
) -> ssize_t {
    // SAFETY: the caller's pointers, handed on.
    wide(unsafe { libc::syscall(libc::SYS_pwrite64, fd, bytes, count, offset) })
}

pub(crate) fn ftruncate(fd: c_int, length: off_t) -> c_int {
    // SAFETY: no pointers.
    narrow(unsafe { libc::syscall(libc::SYS_ftruncate, fd, length) })
}

/// Where the next write without an offset goes.
pub(crate) fn place(fd: c_int) -> off_t {
    // SAFETY: no pointers.
    unsafe {
        let flags = libc::syscall(libc::SYS_fcntl, fd, libc::F_GETFL);
        let appends = flags & c_long::from(libc::O_APPEND) != 0;
        let whence = if appends {
            libc::SEEK_END
        } else {
            libc::SEEK_CUR
        };
        libc::syscall(libc::SYS_lseek, fd, 0, whence)
    }
}

pub(crate) unsafe fn unlinkat(at: c_int, path: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    narrow(unsafe { libc::syscall(libc::SYS_unlinkat, at, path, flags) })
}

pub(crate) unsafe fn renameat(
    from_at: c_int,
    from: *const c_char,
    to_at: c_int,
    to: *const c_char,
) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    narrow(unsafe { libc::syscall(libc::SYS_renameat2, from_at, from, to_at, to, 0) })
}

pub(crate) unsafe fn clock_gettime(clock: libc::clockid_t, into: *mut libc::timespec) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    narrow(unsafe { libc::syscall(libc::SYS_clock_gettime, clock, into) })
}

/// The bytes of a file at `offset`, as many as there are up to `count`.
pub(crate) fn read_at(fd: c_int, offset: u64, count: u64) -> Vec<u8> {
    let mut bytes = vec![0_u8; usize::try_from(count).unwrap_or(0)];
    let mut filled = 0;
    while filled < bytes.len() {
        let rest = &mut bytes[filled..];
        // SAFETY: the buffer is as long as it is said to be.
        let more = unsafe {
            libc::syscall(
                libc::SYS_pread64,
                fd,
                rest.as_mut_ptr(),
                rest.len(),
                offset + filled as u64,
            )
        };
        match usize::try_from(more) {
            Ok(0) | Err(_) => break,
            Ok(more) => filled += more,
        }
    }
    bytes.truncate(filled);
    bytes
}

/// Inode, length and kind of an open file.
pub(crate) fn about(fd: c_int) -> Option<(u64, u64, bool)> {
    // SAFETY: zeros are a valid stat, and the kernel fills it.
    let (answer, stat) = unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        let answer = libc::syscall(
            libc::SYS_newfstatat,
            fd,
            c"".as_ptr(),
            &raw mut stat,
            libc::AT_EMPTY_PATH,
        );
        (answer, stat)
    };
    let folder = stat.st_mode & libc::S_IFMT == libc::S_IFDIR;
    (answer == 0).then_some((
        stat.st_ino,
        u64::try_from(stat.st_size).unwrap_or(0),
        folder,
    ))
}

pub(crate) fn exists(path: &Path) -> bool {
    let Some(path) = c_path(path) else {
        return false;
    };
    // SAFETY: the path is a C string.
    unsafe { libc::syscall(libc::SYS_faccessat, libc::AT_FDCWD, path.as_ptr(), 0) == 0 }
}

pub(crate) fn link(from: &Path, to: &Path) -> bool {
    let (Some(from), Some(to)) = (c_path(from), c_path(to)) else {
        return false;
    };
    let at = libc::AT_FDCWD;
    // SAFETY: the paths are C strings.
    unsafe { libc::syscall(libc::SYS_linkat, at, from.as_ptr(), at, to.as_ptr(), 0) == 0 }
}

pub(crate) fn working_folder() -> Option<PathBuf> {
    let mut buffer = [0_u8; 4096];
    // SAFETY: the buffer is as long as it is said to be.
    let length = unsafe { libc::syscall(libc::SYS_getcwd, buffer.as_mut_ptr(), buffer.len()) };
    let length = usize::try_from(length).ok()?.checked_sub(1)?;
    let name = std::ffi::OsStr::from_bytes(buffer.get(..length)?);
    Some(PathBuf::from(name))
}

pub(crate) fn c_path(path: &Path) -> Option<CString> {
    CString::new(path.as_os_str().as_bytes()).ok()
}
