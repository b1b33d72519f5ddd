//! Whatever comes over the network as a message of the sync protocol.
#![no_main]

#[path = "../src/sync.rs"]
mod sync;

libfuzzer_sys::fuzz_target!(|data: &[u8]| sync::hold(data));
