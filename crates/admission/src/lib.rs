//! The rules at the door: decide one scan, reconcile many scan logs. The gate
//! and the server run this same code.
//!
//! Always true: pure functions of their arguments. Nothing here does I/O, reads
//! a clock or draws random numbers; time zones come from the database that is
//! compiled in, so that every machine decides alike.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod built_in;
mod condition;
pub mod decide;
mod history;
mod judge;
mod occupancy;
pub mod overrides;
pub mod reconcile;
mod rules;
mod steps;
mod validate;
mod words;

pub use built_in::BuiltInRule;
pub use decide::{
    Context, DecidedTicket, Decision, Identity, NextStep, Presented, VerifiedCode, decide,
};
pub use occupancy::{Headcount, NobodyCounted, Occupancy, places};
pub use overrides::{OverrideRefused, supervisor_pin_hash};
pub use reconcile::{
    Facts, LoggedRecord, Report, Standing, TicketReport, TicketState, reconcile, reconcile_ticket,
};
pub use rules::EventRules;
pub use validate::RulesError;
pub use words::words;
