//! Any file that is given to a gate as a picture.
#![no_main]

#[path = "../src/file.rs"]
mod file;
#[path = "../src/voices.rs"]
mod voices;

libfuzzer_sys::fuzz_target!(|data: &[u8]| file::hold(data));
