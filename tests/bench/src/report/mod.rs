//! What a run leaves behind: the table on the terminal, the figures as JSON, the
//! plots, and the page in the documentation.

mod page;
mod plot;
mod table;

pub use page::page;
pub use plot::plots;
pub use table::{number, table};

use crate::figure::Figure;
use crate::machine::Machine;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The figures of one measurement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// The figures, in the order in which they were measured.
    pub figures: Vec<Figure>,
    /// How busy the machine was before the measurement began: processes that
    /// wanted to run, on average over a minute.
    pub load_before: Option<f64>,
    /// How long it took, seconds.
    pub seconds: f64,
}

/// Everything that was measured on a machine; a measurement that runs again
/// replaces its figures.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Book {
    /// The machine.
    pub machine: Machine,
    /// By the measurement's name.
    pub measurements: BTreeMap<String, Taken>,
}

impl Book {
    /// The book in `file`, unless it is missing or of another machine.
    #[must_use]
    pub fn open(file: &Path) -> Self {
        let machine = Machine::this();
        let found = std::fs::read(file).ok();
        let found = found.and_then(|bytes| serde_json::from_slice::<Self>(&bytes).ok());
        let empty = Self {
            machine: machine.clone(),
            measurements: BTreeMap::new(),
        };
        found
            .filter(|book| book.machine == machine)
            .unwrap_or(empty)
    }

    /// Writes it to `file`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string_pretty(self)?;
        std::fs::write(file, text + "\n")
            .with_context(|| format!("cannot write {}", file.display()))
    }
}
