//! What the library knows: which open files are watched, and the journal.
//!
//! Always: one lock around note and change, so the journal has them in the order in
//! which they were done. An open file is known from its opening to its closing.

use crate::sys;
use gateline_kill::power::journal::{self, Entry};
use gateline_kill::power::{ROOT, SIDECAR, controls};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

static STATE: OnceLock<Option<State>> = OnceLock::new();

thread_local! {
    /// In the library's own work nothing is watched.
    static INSIDE: Cell<bool> = const { Cell::new(false) };
}

/// What is watched.
pub(crate) struct State {
    root: PathBuf,
    sidecar: PathBuf,
    controls: Option<Mapped>,
    books: Mutex<Books>,
}

/// The open files, and what is in the journal.
pub(crate) struct Books {
    journal: libc::c_int,
    /// Watched files by descriptor; folders with their path.
    open: BTreeMap<libc::c_int, Option<PathBuf>>,
    files: BTreeSet<u64>,
    folders: BTreeSet<PathBuf>,
    kept: u64,
}

struct Mapped(*mut u8);

// SAFETY: the mapping lives as long as the program; it is read, and counted down
// atomically.
unsafe impl Send for Mapped {}
// SAFETY: as above.
unsafe impl Sync for Mapped {}

/// Runs `work` with the state; `None` when nothing is watched here.
pub(crate) fn with<R>(work: impl FnOnce(&State) -> R) -> Option<R> {
    // A thread that ends has no such variable any more.
    let inside = INSIDE.try_with(|inside| inside.replace(true)).ok()?;
    if inside {
        return None;
    }
    let result = STATE.get_or_init(State::read).as_ref().map(work);
    INSIDE.with(|inside| inside.set(false));
    result
}

#[expect(
    clippy::disallowed_methods,
    reason = "a library that is loaded before the program has no other arguments"
)]
fn folder(name: &str) -> Option<PathBuf> {
    std::env::var(name).ok().map(PathBuf::from)
}

impl State {
    fn read() -> Option<Self> {
        let (root, sidecar) = (folder(ROOT)?, folder(SIDECAR)?);
        let file = sys::c_path(&sidecar.join(journal::FILE))?;
        let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
        // SAFETY: the path is a C string.
        let journal = unsafe { sys::openat(libc::AT_FDCWD, file.as_ptr(), flags, 0o600) };
        let mut books = Books {
            journal,
            open: BTreeMap::new(),
            files: BTreeSet::new(),
            folders: BTreeSet::new(),
            kept: std::process::id().into(),
        };
        books.kept <<= 32;
        // What an earlier program left unsynced.
        for entry in journal::unsynced(&sidecar).ok()? {
            books.remember(&entry);
        }
        Some(Self {
            controls: map(&sidecar.join("controls")),
            root,
            sidecar,
            books: Mutex::new(books),
        })
    }

    /// Is this path watched? SQLite's shared memory never is.
    pub(crate) fn watches(&self, path: &Path) -> bool {
        path.starts_with(&self.root)
            && !path.to_string_lossy().ends_with("-shm")
            && path.extension().is_none_or(|it| it != "log")
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error that writes get now; 0 is none.
    pub(crate) fn refusal(&self) -> libc::c_int {
        self.control(controls::ERROR_AT).unwrap_or(0)
    }

    /// By how much the wall clock is shifted.
    pub(crate) fn clock_shift_ms(&self) -> i64 {
        self.control(controls::CLOCK_AT).unwrap_or(0)
    }

    /// Counts a change that is about to be made; the last one is not made any more.
    pub(crate) fn count_down(&self) {
        self.count(controls::KILL_AT);
    }

    /// The same for a sync.
    pub(crate) fn count_down_sync(&self) {
        self.count(controls::KILL_AT);
        self.count(controls::KILL_AT_SYNC);
    }

    fn count(&self, at: usize) {
        let Some(mapped) = &self.controls else {
            return;
        };
        // SAFETY: the place is within the mapping and aligned.
        let left = unsafe { AtomicU32::from_ptr(mapped.0.add(at).cast()) };
        let one_less = |left: u32| left.checked_sub(1);
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less) == Ok(1) {
            sys::die();
        }
    }

    fn control<T: Copy>(&self, at: usize) -> Option<T> {
        let mapped = self.controls.as_ref()?;
        // SAFETY: the mapping is `controls::LENGTH` long and aligned to a page; the
        // places in it are aligned to eight.
        Some(unsafe { mapped.0.add(at).cast::<T>().read_volatile() })
    }

    /// A link to the file `path` that lasts when it is removed.
    pub(crate) fn keep(&self, books: &mut Books, path: &Path) -> Option<String> {
        books.kept += 1;
        let name = books.kept.to_string();
        sys::link(path, &self.sidecar.join(journal::KEPT).join(&name)).then_some(name)
    }
}

impl Books {
    pub(crate) fn opened(&mut self, fd: libc::c_int, path: PathBuf) {
        if let Some((_, _, folder)) = sys::about(fd) {
            self.open.insert(fd, folder.then_some(path));
        }
    }

    pub(crate) fn closed(&mut self, fd: libc::c_int) {
        self.open.remove(&fd);
    }

    pub(crate) fn knows(&self, fd: libc::c_int) -> bool {
        self.open.contains_key(&fd)
    }

    /// Notes what stands in `offset..end` of the file now, which is about to change.
    pub(crate) fn changing(&mut self, fd: libc::c_int, offset: u64, end: u64) {
        if end == offset {
            return;
        }
        let Some((inode, length, _)) = sys::about(fd) else {
            return;
        };
        let old = sys::read_at(fd, offset, end.min(length).saturating_sub(offset));
        self.note(&Entry::Changed {
            inode,
            length,
            offset,
            end,
            old,
        });
    }

    /// The file or folder is synced.
    pub(crate) fn synced(&mut self, fd: libc::c_int) {
        let entry = match self.open.get(&fd) {
            None => return,
            Some(Some(path)) => Entry::FolderSynced { path: path.clone() },
            Some(None) => match sys::about(fd) {
                Some((inode, ..)) => Entry::Synced { inode },
                None => return,
            },
        };
        self.note(&entry);
        if self.files.is_empty() && self.folders.is_empty() {
            sys::ftruncate(self.journal, 0);
        }
    }

    pub(crate) fn note(&mut self, entry: &Entry) {
        let bytes = entry.to_bytes();
        // SAFETY: the buffer is as long as it is said to be.
        unsafe { sys::write(self.journal, bytes.as_ptr().cast(), bytes.len()) };
        self.remember(entry);
    }

    fn remember(&mut self, entry: &Entry) {
        match entry {
            Entry::Changed { inode, .. } => drop(self.files.insert(*inode)),
            Entry::Synced { inode } => drop(self.files.remove(inode)),
            Entry::FolderSynced { path } => drop(self.folders.remove(path)),
            other => self.folders.extend(other.folder().map(Path::to_owned)),
        }
    }
}

fn map(path: &Path) -> Option<Mapped> {
    let path = sys::c_path(path)?;
    // SAFETY: the path is a C string.
    let fd = unsafe { sys::openat(libc::AT_FDCWD, path.as_ptr(), libc::O_RDWR, 0) };
    if fd < 0 {
        return None;
    }
    let (access, shared) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED);
    let start = std::ptr::null_mut();
    // SAFETY: a new mapping of a file that stays as long as it is.
    let mapped = unsafe { libc::mmap(start, controls::LENGTH, access, shared, fd, 0) };
    sys::close(fd);
    (mapped != libc::MAP_FAILED).then(|| Mapped(mapped.cast()))
}
