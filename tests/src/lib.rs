//! What whole-system tests and the demo share: starting the shipped binaries,
//! acting as buyers and organizers over HTTP, and keeping a journal of what was
//! answered. Nothing here reaches into the product's code or stores, but for the
//! drivers of the scenarios, which are one part of the product each.

pub mod app;
pub mod scenarios;
pub mod seed;
pub mod story;
pub mod system;
