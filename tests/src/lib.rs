//! What whole-system tests and the demo share: starting the shipped binaries,
//! acting as buyers and organizers over HTTP, and keeping a journal of what was
//! answered. Nothing here reaches into the product's code or stores.

pub mod app;
pub mod scenarios;
pub mod story;
pub mod system;
