//! The gate: codes, decisions, frames, and the attendee list on its way.

pub mod codes;
pub mod confirm;
pub mod decide;
pub mod frames;
pub mod long_run;
pub mod material;
pub mod search;
pub(crate) mod server;
pub mod snapshot;
mod wire;
