//! Damage that shows only in use: SQLCipher finds a damaged page when it reads it. It
//! is noted where the error is made, and a mark beside the store lets the next start
//! rebuild it. Checking every page at each start would cost more the longer the list.

use std::cell::Cell;
use std::path::{Path, PathBuf};

const MARK: &str = "store.damaged";

thread_local! {
    static SEEN: Cell<bool> = const { Cell::new(false) };
}

/// This thread has met a damaged page.
pub(super) fn note() {
    SEEN.set(true);
}

/// Marks the store in `folder` if this thread has met a damaged page.
pub(super) fn mark_if_noted(folder: &Path) {
    if SEEN.take()
        && let Err(error) = std::fs::write(mark(folder), b"")
    {
        tracing::error!(%error, "the damaged store cannot be marked");
    }
}

/// The mark of the store in `folder`.
pub(super) fn mark(folder: &Path) -> PathBuf {
    folder.join(MARK)
}
