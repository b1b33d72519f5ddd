//! Any requests, by anybody, one after the other, to a whole server.
#![no_main]

#[path = "../src/case.rs"]
mod case;
#[path = "../src/gate.rs"]
mod gate;
#[path = "../src/hold.rs"]
mod hold;
#[path = "../src/house.rs"]
mod house;
#[path = "../src/mutate.rs"]
mod mutate;

use hold::Play;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use std::sync::{LazyLock, Mutex};

static PLAY: LazyLock<Mutex<Play>> = LazyLock::new(Mutex::default);

fuzz_target!(|data: &[u8]| PLAY.lock().expect("one case at a time").hold(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let seed = u64::from(seed);
    mutate::mutate(data, size, max_size, seed)
});
