//! The gate against a server that speaks the sync protocol and can be told to
//! misbehave. One test binary.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops where it stands"
)]

mod support;

mod bad_stores;
mod confirming;
mod figures;
mod fuzzed;
mod history;
mod keyring;
mod lists;
mod locking;
mod log_files;
mod operators;
mod outages;
mod program;
mod rebuilding;
mod revoking;
mod scanning;
mod turnstile;
mod uploads;
