//! What xtask reads from its surroundings: the clone's folder, the target
//! folder, and whether somebody is there to be asked.
//!
//! The environment is read here and nowhere else in xtask.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

#[expect(
    clippy::disallowed_methods,
    reason = "this is the module that reads the environment"
)]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The clone's top folder. Cargo says at run time which one it is, as clones that
/// share a target folder also share this program.
pub(crate) fn root() -> PathBuf {
    let here = variable("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent()
        .map_or_else(|| here.clone(), Path::to_path_buf)
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    variable("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// The cargo that started this process.
pub(crate) fn cargo() -> String {
    variable("CARGO").unwrap_or_else(|| "cargo".to_owned())
}

/// Is a person at a terminal who can answer a question?
pub(crate) fn can_ask() -> bool {
    let machine = variable("CI").is_some_and(|value| value != "false" && value != "0");
    !machine && std::io::stdin().is_terminal()
}

/// Is there a screen to open a window on?
pub(crate) fn has_display() -> bool {
    !cfg!(target_os = "linux")
        || variable("DISPLAY").is_some()
        || variable("WAYLAND_DISPLAY").is_some()
}

pub(crate) use gateline_servers::program;
