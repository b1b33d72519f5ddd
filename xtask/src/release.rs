//! What measurements and kills run: a release build of what ships, and of what
//! measures and kills it. One build for all of them, as other packages would be
//! another choice of features, and everything compiled anew.

use crate::command::{cargo, run as run_command};
use crate::environment;
use anyhow::Result;
use std::path::PathBuf;

const PROGRAMS: &str = "build --release --locked -p gateline-server -p gateline-scanner \
                        -p gateline-bench -p gateline-kill --bins --example powercut";

/// Builds all of it.
pub(crate) fn build() -> Result<()> {
    run_command(cargo(&PROGRAMS.split_whitespace().collect::<Vec<_>>()))
}

/// The program of this name.
pub(crate) fn program(name: &str) -> PathBuf {
    environment::target().join("release").join(name)
}
