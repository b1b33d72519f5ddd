//! The check-in scenarios: what a gate must get right, as data, and the drivers
//! that must all give the same answers.
//!
//! - `tests/scenarios/*.toml` hold the scenarios. [`file`] documents the format:
//!   a world (patches of `world.toml`), tickets, and steps with their expected
//!   answers.
//! - [`World`] and [`Code`] turn names into manifests, list entries and codes.
//! - [`Stage`] is what a driver implements: a few verbs. [`play`] walks through a
//!   scenario's steps on a stage and compares.
//! - [`Table`] collects one [`Cell`] per scenario and driver, prints them, and
//!   fails on an empty or wrong one.
//!
//! Always true: a cell is filled by an answer that matched, by a reason why the
//! scenario cannot apply to the driver, or it is wrong. Nothing is left out in
//! silence.

pub mod admission;
pub mod app;
mod code;
mod expect;
pub mod file;
pub mod gate;
mod play;
pub mod server;
mod stage;
mod table;
mod when;
mod world;

pub use code::Code;
pub use play::play;
pub use stage::{Online, Scene, Shown, Stage, StageError};
pub use table::{Cell, Table};
pub use world::{BALL, EVENT, STRANGER, World, secret_key};

use anyhow::Context;
use std::path::Path;

/// One scenario, ready to be played.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// The file that it is in: its group.
    pub group: String,
    /// What must hold, as a sentence.
    pub name: String,
    /// The world that it plays in.
    pub world: World,
    /// The scenario as written.
    pub text: file::Scenario,
}

/// Runs every scenario with one driver.
pub trait Driver {
    /// Its name, the head of a column.
    fn name(&self) -> &'static str;

    /// Plays one scenario on a fresh stage.
    fn run(&mut self, scenario: &Scenario) -> Cell;
}

/// Every driver, in the order of the table's columns.
///
/// # Errors
/// When one cannot start.
pub fn drivers() -> anyhow::Result<Vec<Box<dyn Driver>>> {
    Ok(vec![
        Box::new(admission::Admission),
        Box::new(gate::Gate::new()?),
        Box::new(server::Server::new()?),
        Box::new(app::App::new()?),
    ])
}

/// Reads every scenario, in order of file and line.
///
/// # Errors
/// Names the file and scenario that cannot be read.
pub fn all() -> anyhow::Result<Vec<Scenario>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let base: file::World = read(&folder.join("world.toml"))?;
    let mut paths: Vec<_> = std::fs::read_dir(&folder)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.retain(|path| path.extension().is_some_and(|ext| ext == "toml"));
    paths.retain(|path| !path.ends_with("world.toml"));
    paths.sort();
    let mut scenarios = Vec::new();
    for path in paths {
        let group = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let group = group
            .trim_start_matches(|c: char| c.is_ascii_digit() || c == '-')
            .to_owned();
        let file: file::File = read(&path)?;
        for text in file.scenario {
            let world = World::build(&base.patched(&text.world), &text)
                .with_context(|| format!("scenario {:?}", text.name))?;
            let (group, name) = (group.clone(), text.name.clone());
            scenarios.push(Scenario {
                group,
                name,
                world,
                text,
            });
        }
    }
    Ok(scenarios)
}

fn read<T: serde::de::DeserializeOwned>(path: &Path) -> anyhow::Result<T> {
    let text = std::fs::read_to_string(path)?;
    toml::from_str(&text).with_context(|| path.display().to_string())
}
