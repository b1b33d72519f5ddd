//! What fuzzing holds of messages, held of its seeds, of everything that it ever
//! found, and of seeds with a few bytes changed.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails there")]

#[path = "../fuzz/src/sync.rs"]
mod sync;

use proptest::prelude::*;
use std::path::Path;

fn seeds() -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/sync");
    let files = std::fs::read_dir(folder).unwrap();
    let seeds: Vec<_> = files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert!(seeds.len() > 15, "{}", seeds.len());
    seeds
}

#[test]
fn every_seed_and_every_find_of_the_sync_messages_holds() {
    for seed in seeds() {
        sync::hold(&seed);
        for cut in 0..seed.len() {
            sync::hold(&seed[..cut]);
        }
    }
}

proptest! {
    #[test]
    fn a_message_with_bytes_changed_or_of_nothing_but_chance_holds(
        which in any::<prop::sample::Index>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        chance in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let seeds = seeds();
        let mut message = which.get(&seeds).clone();
        for (at, byte) in changes {
            let at = at.index(message.len());
            message[at] = byte;
        }
        sync::hold(&message);
        sync::hold(&chance);
    }
}
