//! `cargo xtask package`: what staff install. Tauri's bundler makes it, of the kind
//! that this system has: a .deb on Linux, an .msi on Windows, a .dmg on macOS.

use crate::command::run as run_command;
use crate::environment::{root, target};
use crate::{setup, ui};
use anyhow::Result;
use std::process::Command;

/// Builds the package of the scanner app for this system.
pub(crate) fn run() -> Result<()> {
    setup::ensure()?;
    ui::build()?;
    let kind = match std::env::consts::OS {
        "windows" => "msi",
        "macos" => "dmg",
        _ => "deb",
    };
    let mut command = Command::new(setup::npm());
    command
        .current_dir(root().join("scanner-app"))
        .args(["exec", "--prefix", "ui", "--", "tauri", "build", "--ci"])
        .args(["--bundles", kind]);
    run_command(command)?;
    let folder = target().join("release/bundle").join(kind);
    println!("\nThe package is in {}", folder.display());
    Ok(())
}
