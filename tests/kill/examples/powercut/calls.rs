//! The replaced functions of libc. Each does its note, then the system call.

use crate::state::{State, with};
use crate::{names, sys};
use gateline_kill::power::journal::Entry;
use libc::{c_char, c_int, c_void, mode_t, off_t, size_t, ssize_t};
use std::path::PathBuf;

unsafe fn open_at(at: c_int, name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    let plain = || unsafe { sys::openat(at, name, flags, mode) };
    let watched = |state: &State| {
        // SAFETY: names of files are C strings.
        let path = unsafe { names::whole(at, name) }?;
        if !state.watches(&path) {
            return None;
        }
        Some(open_watched(state, path, flags, plain))
    };
    with(watched).flatten().unwrap_or_else(plain)
}

fn open_watched(state: &State, path: PathBuf, flags: c_int, plain: impl Fn() -> c_int) -> c_int {
    let mut books = state.books();
    let created = flags & libc::O_CREAT != 0 && !sys::exists(&path);
    let writing = flags & libc::O_ACCMODE != libc::O_RDONLY;
    let refusal = state.refusal();
    if (refusal == libc::EROFS && writing) || (refusal != 0 && created) {
        return sys::fail(refusal);
    }
    if created {
        books.note(&Entry::Created { path: path.clone() });
        state.count_down();
    } else if flags & libc::O_TRUNC != 0 {
        truncate_by_name(&mut books, &path);
    }
    let fd = plain();
    if fd >= 0 {
        books.opened(fd, path);
    }
    fd
}

/// Notes a file's contents before opening empties it.
fn truncate_by_name(books: &mut crate::state::Books, path: &std::path::Path) {
    let Some(name) = sys::c_path(path) else {
        return;
    };
    // SAFETY: the path is a C string.
    let fd = unsafe { sys::openat(libc::AT_FDCWD, name.as_ptr(), libc::O_RDONLY, 0) };
    if fd >= 0 {
        let length = sys::about(fd).map_or(0, |(_, length, _)| length);
        books.changing(fd, 0, length);
        sys::close(fd);
    }
}

/// Runs `write` on a watched file after noting what it changes; `None` when the
/// file is not watched. `place` says where it writes when that is known.
fn writing(
    fd: c_int,
    place: Option<off_t>,
    count: usize,
    write: impl Fn() -> ssize_t,
) -> Option<ssize_t> {
    with(|state| {
        let mut books = state.books();
        if !books.knows(fd) {
            return None;
        }
        let refusal = state.refusal();
        if refusal != 0 {
            return Some(sys::fail(refusal) as ssize_t);
        }
        let offset = place.unwrap_or_else(|| sys::place(fd));
        let offset = u64::try_from(offset).unwrap_or(0);
        books.changing(fd, offset, offset + count as u64);
        state.count_down();
        Some(write())
    })
    .flatten()
}

fn truncating(fd: c_int, length: off_t) -> c_int {
    with(|state| {
        let mut books = state.books();
        if books.knows(fd) {
            if state.refusal() != 0 {
                return sys::fail(state.refusal());
            }
            let before = sys::about(fd).map_or(0, |(_, length, _)| length);
            let after = u64::try_from(length).unwrap_or(0);
            books.changing(fd, after.min(before), after.max(before));
            state.count_down();
        }
        sys::ftruncate(fd, length)
    })
    .unwrap_or_else(|| sys::ftruncate(fd, length))
}

fn syncing(fd: c_int, number: libc::c_long) -> c_int {
    let watched = with(|state| {
        let mut books = state.books();
        let known = books.knows(fd);
        if known && state.refusal() != 0 {
            return Some(sys::fail(libc::EIO));
        }
        if known {
            state.count_down_sync();
            books.synced(fd);
        }
        known.then_some(0)
    });
    watched.flatten().unwrap_or_else(|| {
        // SAFETY: no pointers.
        c_int::try_from(unsafe { libc::syscall(number, fd) }).unwrap_or(-1)
    })
}

unsafe fn removing(at: c_int, name: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    let plain = || unsafe { sys::unlinkat(at, name, flags) };
    with(|state| {
        // SAFETY: names of files are C strings.
        let path = unsafe { names::whole(at, name) }.filter(|path| state.watches(path))?;
        if state.refusal() == libc::EROFS {
            return Some(sys::fail(libc::EROFS));
        }
        let mut books = state.books();
        if let Some(kept) = state.keep(&mut books, &path) {
            books.note(&Entry::Removed { path, kept });
        }
        state.count_down();
        Some(plain())
    })
    .flatten()
    .unwrap_or_else(plain)
}

unsafe fn renaming(from_at: c_int, from: *const c_char, to_at: c_int, to: *const c_char) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    let plain = || unsafe { sys::renameat(from_at, from, to_at, to) };
    with(|state| {
        // SAFETY: names of files are C strings.
        let (old, new) = unsafe { (names::whole(from_at, from)?, names::whole(to_at, to)?) };
        if !state.watches(&old) && !state.watches(&new) {
            return None;
        }
        if state.refusal() == libc::EROFS {
            return Some(sys::fail(libc::EROFS));
        }
        let mut books = state.books();
        let replaced = state.keep(&mut books, &new);
        books.note(&Entry::Renamed {
            from: old,
            to: new,
            replaced,
        });
        state.count_down();
        Some(plain())
    })
    .flatten()
    .unwrap_or_else(plain)
}

/// As libc's. `mode` is read only where a file is made, as there.
#[unsafe(no_mangle)]
unsafe extern "C" fn open(name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    unsafe { open_at(libc::AT_FDCWD, name, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn open64(name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    unsafe { open_at(libc::AT_FDCWD, name, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat(at: c_int, name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    unsafe { open_at(at, name, flags, mode) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn openat64(at: c_int, name: *const c_char, flags: c_int, mode: mode_t) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    unsafe { open_at(at, name, flags, mode) }
}

#[unsafe(no_mangle)]
extern "C" fn close(fd: c_int) -> c_int {
    with(|state| state.books().closed(fd));
    sys::close(fd)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn write(fd: c_int, bytes: *const c_void, count: size_t) -> ssize_t {
    // SAFETY: the caller's pointers, handed on.
    let plain = || unsafe { sys::write(fd, bytes, count) };
    writing(fd, None, count, plain).unwrap_or_else(plain)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn writev(fd: c_int, parts: *const libc::iovec, count: c_int) -> ssize_t {
    // SAFETY: the caller's pointers, handed on.
    let plain = || unsafe { sys::writev(fd, parts, count) };
    // SAFETY: there are `count` parts.
    let parts = unsafe { std::slice::from_raw_parts(parts, usize::try_from(count).unwrap_or(0)) };
    let bytes = parts.iter().map(|part| part.iov_len).sum();
    writing(fd, None, bytes, plain).unwrap_or_else(plain)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite(
    fd: c_int,
    bytes: *const c_void,
    count: size_t,
    offset: off_t,
) -> ssize_t {
    // SAFETY: the caller's pointers, handed on.
    let plain = || unsafe { sys::pwrite(fd, bytes, count, offset) };
    writing(fd, Some(offset), count, plain).unwrap_or_else(plain)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn pwrite64(
    fd: c_int,
    bytes: *const c_void,
    count: size_t,
    offset: off_t,
) -> ssize_t {
    // SAFETY: the caller's pointers, handed on.
    unsafe { pwrite(fd, bytes, count, offset) }
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate(fd: c_int, length: off_t) -> c_int {
    truncating(fd, length)
}

#[unsafe(no_mangle)]
extern "C" fn ftruncate64(fd: c_int, length: off_t) -> c_int {
    truncating(fd, length)
}

#[unsafe(no_mangle)]
extern "C" fn fsync(fd: c_int) -> c_int {
    syncing(fd, libc::SYS_fsync)
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: c_int) -> c_int {
    syncing(fd, libc::SYS_fdatasync)
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlink(name: *const c_char) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    unsafe { removing(libc::AT_FDCWD, name, 0) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn unlinkat(at: c_int, name: *const c_char, flags: c_int) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    unsafe { removing(at, name, flags) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn rename(from: *const c_char, to: *const c_char) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    unsafe { renaming(libc::AT_FDCWD, from, libc::AT_FDCWD, to) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn clock_gettime(clock: libc::clockid_t, into: *mut libc::timespec) -> c_int {
    // SAFETY: the caller's pointers, handed on.
    let answer = unsafe { sys::clock_gettime(clock, into) };
    if answer == 0 && clock == libc::CLOCK_REALTIME {
        let shift = with(State::clock_shift_ms).unwrap_or(0);
        // SAFETY: the kernel has just filled it.
        unsafe {
            let nanos = (*into).tv_nsec + (shift.rem_euclid(1000)) * 1_000_000;
            (*into).tv_sec += shift.div_euclid(1000) + nanos / 1_000_000_000;
            (*into).tv_nsec = nanos % 1_000_000_000;
        }
    }
    answer
}
