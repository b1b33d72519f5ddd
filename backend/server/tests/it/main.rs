//! The API over HTTP, one file per path.
#![expect(clippy::unwrap_used, reason = "a panic is how a test fails")]

mod auth;
mod backup;
mod bodies;
mod checkin;
mod connections;
mod events;
mod fuzzed;
mod hostile;
mod internal;
mod openapi;
mod ops;
mod orders;
mod payments;
mod pricing;
mod process;
mod retention;
mod shop;
mod support;
mod tickets;
