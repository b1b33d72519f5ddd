//! `cargo xtask screens`: pictures of every state of the scanner app, into `docs`.

use crate::command::{cargo, run as run_command};
use crate::{setup, ui};
use anyhow::Result;

/// Builds the programs and walks through the screens of the app.
pub(crate) fn run() -> Result<()> {
    setup::ensure()?;
    ui::build()?;
    for build in [
        "build --locked -p gateline-server -p gateline-scanner-app --bins",
        "run --locked -p gateline-tests --example app_screens",
    ] {
        run_command(cargo(&build.split_whitespace().collect::<Vec<_>>()))?;
    }
    Ok(())
}
