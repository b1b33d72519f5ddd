//! Power cuts without cutting the power.
//!
//! A killed process loses nothing that it wrote: the kernel still has it. So the
//! programs run with a library before libc (`examples/powercut`) that keeps, for
//! each write below a folder, what was there before, until the file is synced; and
//! for each name that is made, removed or moved, how to take that back, until the
//! folder is synced. After the kill, [`cut`] takes back what was not synced: all of
//! it, or a part that a seed chooses, as a disk would.
//!
//! Why a library and no SQLite VFS: the shipped binaries stay as they are, and files
//! that are not SQLite's (keys, secrets, mail) are held to the same.
//!
//! Always: what was synced stays; a sync itself is noted, not done, as the machine
//! under the test keeps its power. It must not be used on a folder in which two
//! programs write at the same time. Not modelled: a folder that was not synced into
//! its parent; SQLite's shared memory, which is made anew at each start.

pub mod controls;
mod cut;
pub mod journal;

pub use controls::Controls;
pub use cut::{Extent, Undone, cut};

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// The environment variable that names the folder to watch.
pub const ROOT: &str = "POWERCUT_ROOT";
/// The environment variable that names the folder of journal and controls.
pub const SIDECAR: &str = "POWERCUT_SIDECAR";

/// A watched folder, and where its unsynced writes are kept.
#[derive(Debug)]
pub struct Watched {
    root: PathBuf,
    sidecar: PathBuf,
    library: PathBuf,
    /// What programs in it are made to believe.
    pub controls: Controls,
}

impl Watched {
    /// Watches `root`; `sidecar` must lie outside of it, on the same file system.
    ///
    /// # Errors
    /// When the folders cannot be made or the library is not built.
    pub fn new(root: &Path, sidecar: &Path) -> Result<Self> {
        std::fs::create_dir_all(root)?;
        std::fs::create_dir_all(sidecar.join("kept"))?;
        Ok(Self {
            root: root.canonicalize()?,
            sidecar: sidecar.canonicalize()?,
            library: library()?,
            controls: Controls::new(&sidecar.join("controls"))?,
        })
    }

    /// The environment in which a program is watched.
    #[must_use]
    pub fn environment(&self) -> Vec<(String, PathBuf)> {
        vec![
            ("LD_PRELOAD".into(), self.library.clone()),
            (ROOT.into(), self.root.clone()),
            (SIDECAR.into(), self.sidecar.clone()),
        ]
    }

    /// Cuts the power: what was not synced is lost. No program may run in it.
    ///
    /// # Errors
    /// When a file or the journal cannot be read or written.
    pub fn cut(&self, extent: Extent) -> Result<Undone> {
        cut(&self.root, &self.sidecar, extent)
    }

    /// Takes all that was written as synced, for a harness that changed files
    /// itself. No program may run in it.
    ///
    /// # Errors
    /// When the journal cannot be emptied.
    pub fn settle(&self) -> Result<()> {
        journal::clear(&self.sidecar).context("the journal cannot be emptied")
    }
}

/// The library, as cargo built it: among the examples of this build.
fn library() -> Result<PathBuf> {
    let program = std::env::current_exe().context("the running program has no path")?;
    for folder in program.ancestors().skip(1).take(3) {
        let library = folder.join("examples/libpowercut.so");
        if library.is_file() {
            return Ok(library);
        }
    }
    bail!("the library is not built: run `cargo build -p gateline-kill --example powercut`")
}
