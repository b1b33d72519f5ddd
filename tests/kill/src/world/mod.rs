//! The world that lives through all rounds: one server, some gates, buyers and an
//! organizer, and the folder in which all of it lies.

mod crowd;
mod gates;
pub mod older;
mod open;
mod quiet;

pub use crowd::Crowd;
pub use gates::Slot;
pub use open::open_sale;
pub(crate) use quiet::left_over;

use crate::power::Watched;
use gateline_tests::system::Backend;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Gates at a time.
pub const GATES: usize = 3;
/// Buyers at a time.
pub const BUYERS: usize = 4;
/// How long an unpaid order holds its tickets.
pub const HOLD_SECONDS: u64 = 2;

/// What everybody is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Work.
    Go,
    /// Finish what was begun, begin nothing.
    Pause,
    /// Go home.
    End,
}

/// What the checker must know of the world beside the stores.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Facts {
    /// The event.
    pub event: u64,
    /// The ticket type whose limit only ever rises.
    pub rising_type: u64,
    /// The limits at the beginning, by type.
    pub limits: Vec<(u64, i64)>,
    /// The list prices, in the smallest unit of the currency, by type.
    pub list_prices: Vec<(u64, i64)>,
}

/// The folders of a world.
#[derive(Debug, Clone)]
pub struct Folders(PathBuf);

impl Folders {
    /// Those of the world in this folder.
    #[must_use]
    pub fn of(world: &Path) -> Self {
        Self(world.to_owned())
    }

    /// The server's data.
    #[must_use]
    pub fn backend(&self) -> PathBuf {
        self.0.join("backend")
    }

    /// The gates' stores, one folder each.
    #[must_use]
    pub fn gates(&self) -> PathBuf {
        self.0.join("gates")
    }

    /// The clients' journals.
    #[must_use]
    pub fn journals(&self) -> PathBuf {
        self.0.join("journals")
    }

    /// The facts.
    #[must_use]
    pub fn facts(&self) -> PathBuf {
        self.0.join("facts.json")
    }

    fn sidecar(&self, name: &str) -> PathBuf {
        self.0.join("sidecars").join(name)
    }
}

/// A running world.
#[derive(Debug)]
pub struct World {
    /// Everybody in it.
    pub crowd: Crowd,
    /// The server.
    pub backend: Backend,
    /// Its disk.
    pub disk: Watched,
}
