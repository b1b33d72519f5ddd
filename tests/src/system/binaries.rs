//! Where the built binaries are: beside the running program, or one folder up
//! when that is a test.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;

/// The binaries of one build.
#[derive(Debug, Clone)]
pub struct Binaries {
    folder: PathBuf,
}

impl Binaries {
    /// Those of the same build as the running program.
    ///
    /// # Errors
    /// When they have not been built.
    pub fn of_this_build() -> Result<Self> {
        let program = std::env::current_exe().context("the running program has no path")?;
        let folder = program
            .ancestors()
            .skip(1)
            .find(|folder| folder.join("gateline").is_file())
            .context("the binary `gateline` is not built: run `cargo build --workspace`")?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// The path of the binary `name`.
    ///
    /// # Errors
    /// When it has not been built.
    pub fn path(&self, name: &str) -> Result<PathBuf> {
        let path = self.folder.join(name);
        if !path.is_file() {
            bail!(
                "the program `{name}` is not built: run `cargo build --workspace --bins --examples`"
            );
        }
        Ok(path)
    }
}
