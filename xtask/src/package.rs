//! `cargo xtask package`: what staff install. Tauri's bundler makes it, of the kind
//! that this system has: a .deb on Linux, an .msi on Windows, a .dmg on macOS.

use crate::command::{cargo, output, run as run_command};
use crate::environment::{root, target};
use crate::{setup, ui};
use anyhow::Result;
use std::process::Command;

/// The bundler, of the same line as the crate.
const BUNDLER: &str = "--package=@tauri-apps/cli@2.12.5";

/// Builds the package of the scanner app for this system.
pub(crate) fn run() -> Result<()> {
    setup::ensure()?;
    ui::build()?;
    let kind = match std::env::consts::OS {
        "windows" => "msi",
        "macos" => "dmg",
        _ => "deb",
    };
    // The one that is installed, or else npm fetches its own copy for this run.
    let mut command = if output(cargo(&["tauri", "--version"])).is_some() {
        cargo(&["tauri"])
    } else {
        let mut command = Command::new(setup::npm());
        command.args(["exec", "--yes", BUNDLER, "--", "tauri"]);
        command
    };
    command
        .current_dir(root().join("scanner-app/src-tauri"))
        .args(["build", "--ci", "--bundles", kind]);
    run_command(command)?;
    let folder = target().join("release/bundle").join(kind);
    println!("\nThe package is in {}", folder.display());
    Ok(())
}
