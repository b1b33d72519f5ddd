//! Builds the screens (TypeScript, Svelte) that Rust binaries embed.
//!
//! Always: packages come from the committed lock file; what is up to date is not
//! built again, so that the binaries around it are not either.

use crate::command::run;
use crate::environment::root;
use crate::setup::npm;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

/// Folders with a `package.json` whose `dist` is embedded.
const SCREENS: &[&str] = &["scanner-app/ui"];

/// Installs the packages and builds every set of screens.
pub(crate) fn build() -> Result<()> {
    for folder in SCREENS.iter().map(|name| root().join(name)) {
        install(&folder)?;
        if is_current(&folder) {
            println!("{} is up to date", folder.join("dist").display());
        } else {
            println!("building the screens of {}", folder.display());
            run(script(&folder, "build"))?;
        }
    }
    Ok(())
}

/// Type checks every set of screens.
pub(crate) fn check() -> Result<()> {
    for folder in SCREENS.iter().map(|name| root().join(name)) {
        install(&folder)?;
        run(script(&folder, "check"))?;
    }
    Ok(())
}

fn script(folder: &Path, name: &str) -> Command {
    let mut command = Command::new(npm());
    command.current_dir(folder).args(["run", name]);
    command
}

/// `npm ci`, unless the last one was for the same lock file.
fn install(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    let stamp = folder.join("node_modules/.installed-lock.json");
    let wanted = std::fs::read(&lock).with_context(|| format!("cannot read {}", lock.display()))?;
    if std::fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    println!("installing the packages of {}", folder.display());
    let mut command = Command::new(npm());
    command
        .current_dir(folder)
        .args(["ci", "--no-audit", "--no-fund"]);
    run(command).context(
        "npm could not install the packages; the first time it needs a connection to its registry",
    )?;
    std::fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

/// Is `dist` newer than everything that it is made of?
fn is_current(folder: &Path) -> bool {
    let built = modified(&folder.join("dist/index.html"));
    let newest = sources(folder)
        .iter()
        .map(|file| modified(file))
        .max()
        .flatten();
    matches!((built, newest), (Some(built), Some(newest)) if built >= newest)
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_path_buf()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            if path.is_file() {
                found.push(path);
            } else if name != "node_modules" && name != "dist" {
                open.push(path);
            }
        }
    }
    found
}

fn modified(file: &Path) -> Option<SystemTime> {
    std::fs::metadata(file)
        .and_then(|data| data.modified())
        .ok()
}
