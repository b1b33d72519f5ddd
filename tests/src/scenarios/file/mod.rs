//! The format of the scenario files. Everything is written by name; unknown
//! fields are refused.
//!
//! Times are local to the event: `18:00`, `18:00:05`, `18:00:00.010` on the first
//! day, `2/10:00` on the second, `0/12:00` on the day before the first.
//!
//! A step does exactly one thing (`scan`, `info`, `hold`, `admit`, `override`,
//! `undo`, `search`, `sync`, `change`, `revoke`, `wipe`, `copy`, `restore`,
//! `dialog`, `fault`) and says what must come of it. Devices begin enrolled and in
//! sync, at the gate North, offline, for entry; a step's `gate` and `direction`
//! hold for that step alone.

mod step;
mod ticket;
mod world;

pub use step::{Change, Conflict, Details, Fault, Online, Override, Report, Step, Sync};
pub use ticket::{Code, MadeCode, Ticket};
pub use world::{Condition, Gate, Key, Policy, Rule, TicketType, World, WorldPatch, Zone};

use serde::Deserialize;
use std::collections::BTreeMap;

/// A file of scenarios.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// They.
    pub scenario: Vec<Scenario>,
}

/// One scenario.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What must hold, as a sentence.
    pub name: String,
    /// What differs from `world.toml`; a section given here replaces it whole.
    #[serde(default)]
    pub world: WorldPatch,
    /// Tickets, by name.
    #[serde(default)]
    pub tickets: BTreeMap<String, Ticket>,
    /// Further valid listed tickets without a name: how long the list is.
    #[serde(default)]
    pub more_tickets: u32,
    /// What happens.
    pub steps: Vec<Step>,
    /// What the organizer's report must say in the end.
    pub report: Option<Report>,
    /// Drivers to which this cannot apply, and why.
    #[serde(default)]
    pub not_on: BTreeMap<String, String>,
}
