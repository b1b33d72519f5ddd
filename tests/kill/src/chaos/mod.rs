//! The distributed form under load, while services, broker, cache and database are
//! killed, started again, added and taken away.
//!
//! Always: everybody acts as in the kill runs, and everything is checked as there;
//! what the checker reads was copied from MongoDB's raw documents.

mod figures;
mod harvest;
mod plan;
mod report;
mod run;
mod world;

pub use plan::{Strike, Victim};
pub use report::Report;
pub use run::{Size, run, sound};
pub use world::ChaosWorld;
