//! Whatever a scanner delivers.
#![no_main]

#[path = "../src/read.rs"]
mod read;

libfuzzer_sys::fuzz_target!(|data: &[u8]| read::hold(data));
