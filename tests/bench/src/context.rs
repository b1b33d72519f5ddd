//! What a measurement is given: the built programs, a folder on a real disk,
//! and how much to measure.

use anyhow::{Context as _, Result};
use gateline_tests::system::Binaries;
use std::io::Write;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The surroundings of a measurement.
#[derive(Debug)]
pub struct Context {
    /// The programs of the same build.
    pub binaries: Binaries,
    /// Small sizes: shows that everything runs, and is no measurement.
    pub quick: bool,
    scratch: PathBuf,
}

impl Context {
    /// Surroundings whose temporary folders lie in `scratch`.
    ///
    /// # Errors
    /// When the programs are not built or the folder cannot be made.
    pub fn new(scratch: &Path, quick: bool) -> Result<Self> {
        std::fs::create_dir_all(scratch)
            .with_context(|| format!("cannot make {}", scratch.display()))?;
        Ok(Self {
            binaries: Binaries::of_this_build()?,
            quick,
            scratch: scratch.to_owned(),
        })
    }

    /// A folder that goes away with its handle. Not in the system's folder for
    /// temporary files, which may be memory.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&self) -> Result<TempDir> {
        tempfile::tempdir_in(&self.scratch).context("a folder to measure in")
    }

    /// `full`, or `small` in a quick run.
    #[must_use]
    pub fn pick<T>(&self, full: T, small: T) -> T {
        if self.quick { small } else { full }
    }

    /// Tells the person at the terminal how far it is.
    pub fn note(&self, words: &str) {
        // Without a standard error there is nobody to tell.
        drop(writeln!(std::io::stderr(), "  … {words}"));
    }
}
