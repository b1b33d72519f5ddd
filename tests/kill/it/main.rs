//! The harness and the programs under it.

mod campaign;
mod planted;
mod power;
