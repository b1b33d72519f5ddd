//! The gate against a server that speaks the sync protocol and can be told to
//! misbehave. One test binary.

mod support;

mod bad_stores;
mod confirming;
mod lists;
mod operators;
mod outages;
mod program;
mod revoking;
mod scanning;
mod uploads;
