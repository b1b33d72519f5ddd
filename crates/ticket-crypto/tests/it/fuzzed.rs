//! What fuzzing holds of codes, held of its seeds and of everything that it ever
//! found.

#[path = "../../fuzz/src/read.rs"]
mod read;

use std::path::Path;

#[test]
fn every_seed_and_every_find_of_ticket_codes_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/read");
    let mut seeds = 0;
    for file in std::fs::read_dir(folder).unwrap() {
        let seed = std::fs::read(file.unwrap().path()).unwrap();
        read::hold(&seed);
        for cut in 0..seed.len() {
            read::hold(&seed[..cut]);
        }
        seeds += 1;
    }
    assert!(seeds > 20, "{seeds}");
}
