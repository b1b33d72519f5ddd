//! Checks a world from the outside: the raw stores, and what clients were told.
//!
//! Always: no code of the product decides here what is right, only its ids are
//! shared; formats are read as the documents describe them. A finding names its
//! fault, and says which row or answer shows it.

mod answers;
mod books;
mod logs;
mod money;
mod orders;
mod prices;
mod record;
mod scans;
mod tickets;

pub use books::{Backend, GateStore};
pub use logs::{Passages, passages};

use crate::clients::journal::{self, Told};
use crate::world::{Facts, Folders};
use anyhow::{Context, Result};
use serde::Serialize;

/// What can be wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// An answer that somebody got is no longer true.
    AnswerLost,
    /// One request did something twice.
    DoneTwice,
    /// The stock is not what the orders add up to.
    StockWrong,
    /// More was sold than the limit allowed.
    Oversold,
    /// Money was taken, and there is neither ticket nor refund.
    PaidForNothing,
    /// A unit of an order has no ticket.
    TicketMissing,
    /// A unit of an order has more than one ticket.
    TicketTwice,
    /// Money that should go back has not.
    RefundMissing,
    /// Money went back twice, or more than was paid.
    RefundTwice,
    /// A scan that was shown is not in its gate's log as it was shown.
    ScanLost,
    /// A scan is there twice.
    ScanTwice,
    /// A record of a gate is not at the server after the last sync.
    ScanNotAtServer,
    /// A chain of hashes does not hold.
    ChainBroken,
    /// Two gates were told by the server to let the same ticket in.
    AdmittedTwice,
    /// Something is left to be done that nobody will do.
    LeftOver,
    /// Two services disagree about the same thing.
    Disagreement,
    /// A store is damaged.
    StoreDamaged,
}

impl Fault {
    /// Something is gone.
    pub const LOST: &[Self] = &[
        Self::AnswerLost,
        Self::ScanLost,
        Self::ScanNotAtServer,
        Self::TicketMissing,
    ];
    /// Something is there twice.
    pub const DOUBLED: &[Self] = &[
        Self::DoneTwice,
        Self::TicketTwice,
        Self::ScanTwice,
        Self::RefundTwice,
        Self::AdmittedTwice,
    ];
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// What kind.
    pub fault: Fault,
    /// Where it shows.
    pub what: String,
}

/// What was looked at.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Answers held to the stores.
    pub answers: usize,
    /// Answers that were lost, and asked for again.
    pub lost_answers: u64,
    /// Orders.
    pub orders: usize,
    /// Payments.
    pub payments: usize,
    /// Refunds that the gateway made.
    pub refunds: usize,
    /// Tickets.
    pub tickets: usize,
    /// Scans that were shown.
    pub scans_shown: usize,
    /// Records in the gates' logs.
    pub records: usize,
    /// Gates there ever were.
    pub gates: usize,
}

/// The result of a check.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// What is wrong; in a sound world nothing.
    pub findings: Vec<Finding>,
    /// What was looked at.
    pub counts: Counts,
}

impl Checked {
    pub(crate) fn found(&mut self, fault: Fault, what: impl Into<String>) {
        self.findings.push(Finding {
            fault,
            what: what.into(),
        });
    }
}

/// Checks all of a world at rest.
///
/// # Errors
/// When a store or a journal cannot be opened at all.
pub fn check(folders: &Folders) -> Result<Checked> {
    let mut checked = Checked::default();
    let facts: Facts = serde_json::from_slice(&std::fs::read(folders.facts())?)?;
    let told = journal::read(&folders.journals()).context("the journals")?;
    let backend = Backend::open(&folders.backend())?;
    backend.sound(&mut checked)?;
    let gates = GateStore::all(&folders.gates())?;

    let orders = orders::read(&backend)?;
    let tickets = tickets::read(&backend)?;
    orders::check(&backend, &orders, &facts, &told, &mut checked)?;
    money::check(&backend, &orders, &mut checked)?;
    prices::check(&backend, &orders, &facts, &told, &mut checked)?;
    tickets::check(&backend, &orders, &tickets, &mut checked)?;
    answers::check(&backend, &told, &mut checked)?;
    answers::check_all(&orders, &told, &mut checked);
    logs::check(&backend, &gates, &mut checked)?;
    scans::check(&gates, &told, &mut checked)?;
    backend.at_rest(&mut checked)?;

    checked.counts.answers = told.len();
    checked.counts.lost_answers = told.iter().map(|told| told.lost).sum();
    checked.counts.gates = gates.len();
    checked.findings.sort();
    Ok(checked)
}

/// Checks only what was answered since the last time, in a world at work.
///
/// # Errors
/// When a store cannot be opened.
pub fn check_fresh(folders: &Folders, fresh: &[Told]) -> Result<Checked> {
    let mut checked = Checked::default();
    let backend = Backend::open(&folders.backend())?;
    answers::check(&backend, fresh, &mut checked)?;
    scans::check_shown(&folders.gates(), fresh, &mut checked)?;
    checked.counts.answers = fresh.len();
    Ok(checked)
}
