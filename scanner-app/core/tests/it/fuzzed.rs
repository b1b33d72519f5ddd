//! What fuzzing holds of pictures, held of its seeds and of everything that it
//! ever found.

#[path = "../../fuzz/src/file.rs"]
mod file;
#[path = "../../fuzz/src/pattern.rs"]
mod pattern;
#[path = "../../fuzz/src/voices.rs"]
mod voices;

use std::path::Path;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let files = std::fs::read_dir(folder.join(target)).unwrap();
    let seeds: Vec<_> = files
        .map(|file| std::fs::read(file.unwrap().path()).unwrap())
        .collect();
    assert!(!seeds.is_empty(), "{target}");
    seeds
}

#[test]
fn every_seed_and_every_find_of_picture_files_holds() {
    for seed in seeds("image") {
        file::hold(&seed);
        file::hold(&seed[..seed.len() / 2]);
    }
}

#[test]
fn every_seed_and_every_find_of_patterns_holds() {
    for seed in seeds("frame") {
        pattern::hold(&seed);
    }
}
