//! Any pattern of black and white that is held before a gate.
#![no_main]

#[path = "../src/pattern.rs"]
mod pattern;
#[path = "../src/voices.rs"]
mod voices;

libfuzzer_sys::fuzz_target!(|data: &[u8]| pattern::hold(data));
