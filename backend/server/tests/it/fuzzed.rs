//! What fuzzing holds of the API, held of its seeds and of everything that it
//! ever found.

#[path = "../../fuzz/src/case.rs"]
mod case;
#[path = "../../fuzz/src/gate.rs"]
mod gate;
#[path = "../../fuzz/src/hold.rs"]
mod hold;
#[path = "../../fuzz/src/house.rs"]
mod house;

use std::path::Path;

#[test]
fn every_seed_and_every_find_of_api_requests_holds() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds/api");
    let files = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 70, "{}", files.len());
    let mut play = hold::Play::default();
    for file in files {
        play.hold(&std::fs::read(file).unwrap());
    }
}
