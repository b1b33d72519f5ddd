//! Kills the built programs under load, cuts their power, and checks afterwards
//! that whatever anybody was told is still true.
//!
//! Always: the programs run as they ship; what is checked is read from their stores
//! and from journals that the clients kept, with no code of the product but its ids.

pub mod campaign;
pub mod chaos;
pub mod checker;
pub mod clients;
pub mod places;
pub mod plan;
pub mod power;
pub mod proxy;
pub mod report;
pub mod world;
