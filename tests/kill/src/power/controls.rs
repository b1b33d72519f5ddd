//! What watched programs are made to believe: that their disk refuses writes,
//! that their clock stands elsewhere; and when they are killed, counted in changes
//! of their files. A small file that the library maps into the program, so a change
//! is seen at once.

use anyhow::{Context, Result};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Length of the file.
pub const LENGTH: usize = 24;
/// Where the shift of the wall clock stands: milliseconds, signed, little-endian.
pub const CLOCK_AT: usize = 0;
/// Where the error number of refused writes stands: 0 refuses none.
pub const ERROR_AT: usize = 8;
/// Where the countdown to the kill stands: 0 is none.
pub const KILL_AT: usize = 12;
/// Where the countdown in syncs alone stands: 0 is none.
pub const KILL_AT_SYNC: usize = 16;

const NO_SPACE: i32 = 28;
const READ_ONLY: i32 = 30;

/// The controls of one watched folder.
#[derive(Debug)]
pub struct Controls(File);

impl Controls {
    pub(super) fn new(path: &Path) -> Result<Self> {
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(path)
            .with_context(|| format!("cannot make {}", path.display()))?;
        file.write_all_at(&[0; LENGTH], 0)?;
        Ok(Self(file))
    }

    /// Shifts the wall clock.
    ///
    /// # Errors
    /// When the controls cannot be written.
    pub fn shift_clock_ms(&self, by: i64) -> Result<()> {
        Ok(self.0.write_all_at(&by.to_le_bytes(), CLOCK_AT as u64)?)
    }

    /// Kills the program before the change (or sync) of a file that is `changes` from
    /// now.
    ///
    /// # Errors
    /// When the controls cannot be written.
    pub fn kill_before(&self, changes: u32) -> Result<()> {
        self.set(KILL_AT, changes)
    }

    /// Kills the program before the sync that is `syncs` from now.
    ///
    /// # Errors
    /// When the controls cannot be written.
    pub fn kill_before_sync(&self, syncs: u32) -> Result<()> {
        self.set(KILL_AT_SYNC, syncs)
    }

    /// Calls every countdown off.
    ///
    /// # Errors
    /// When the controls cannot be written.
    pub fn call_off(&self) -> Result<()> {
        self.kill_before(0)?;
        self.kill_before_sync(0)
    }

    fn set(&self, at: usize, number: u32) -> Result<()> {
        Ok(self.0.write_all_at(&number.to_le_bytes(), at as u64)?)
    }

    /// From now on there is no space left.
    ///
    /// # Errors
    /// When the controls cannot be written.
    pub fn fill_disk(&self) -> Result<()> {
        self.refuse(NO_SPACE)
    }

    /// From now on nothing can be opened for writing.
    ///
    /// # Errors
    /// When the controls cannot be written.
    pub fn make_read_only(&self) -> Result<()> {
        self.refuse(READ_ONLY)
    }

    /// From now on writes succeed.
    ///
    /// # Errors
    /// When the controls cannot be written.
    pub fn let_write(&self) -> Result<()> {
        self.refuse(0)
    }

    fn refuse(&self, error: i32) -> Result<()> {
        Ok(self.0.write_all_at(&error.to_le_bytes(), ERROR_AT as u64)?)
    }
}
