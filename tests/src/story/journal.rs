//! What the people of the story were answered. Nothing is read from the server
//! to fill it in later.

use crate::system::ScanLine;
use std::collections::{BTreeMap, BTreeSet};

/// The journal.
#[derive(Debug, Default)]
pub struct Journal {
    /// Tickets that buyers paid for and hold.
    pub sales: Vec<Sale>,
    /// Tickets paid for, by the buyers' own count.
    pub paid: usize,
    /// What gates showed, in order per gate.
    pub shown: Vec<Shown>,
}

/// A ticket in the hands of its buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sale {
    /// The buyer.
    pub buyer: String,
    /// The event.
    pub event: u64,
    /// The ticket type's id.
    pub ticket_type: u64,
    /// The serial.
    pub serial: String,
    /// The code's digits.
    pub code: String,
}

/// One answer of one gate.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The gate.
    pub gate: String,
    /// Its line.
    pub line: ScanLine,
}

impl Journal {
    /// How many guests were let through.
    #[must_use]
    pub fn admitted(&self) -> usize {
        self.shown
            .iter()
            .filter(|shown| shown.line.admitted())
            .count()
    }

    /// Tickets that more than one gate let in, with those gates.
    #[must_use]
    pub fn admitted_twice(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut gates: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for shown in self.shown.iter().filter(|shown| shown.line.admitted()) {
            if let Some(serial) = shown.line.serial() {
                gates
                    .entry(serial.to_owned())
                    .or_default()
                    .insert(shown.gate.clone());
            }
        }
        gates.retain(|_, gates| gates.len() > 1);
        gates
    }

    /// How often each reason was given.
    #[must_use]
    pub fn refusals(&self) -> BTreeMap<String, usize> {
        let mut reasons = BTreeMap::new();
        for reason in self.shown.iter().filter_map(|shown| shown.line.reason()) {
            *reasons.entry(reason.to_owned()).or_default() += 1;
        }
        reasons
    }
}
