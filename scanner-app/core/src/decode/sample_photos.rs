//! What the ladder makes of real photos, and of hard frames made to order.

use std::{sync::Arc, time::Duration};

use super::{Ladder, Limits};
use crate::synth::{UNREADABLE, sample_photos, survey};

/// On a busy machine a voice may take its time; what it reads is what counts here.
fn patient() -> Ladder {
    let limits = Limits {
        preview: Duration::from_secs(60),
        voice: Duration::from_secs(60),
    };
    Ladder::new(Ladder::standard(), limits)
}

#[test]
fn all_sample_photos_are_read_but_the_listed_ones() {
    let photos = sample_photos().unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(photos.len(), 81, "not all sample photos are there");
    let mut ladder = patient();
    let unread: Vec<String> = photos
        .into_iter()
        .filter_map(|photo| {
            let readings = ladder.thorough(&Arc::new(photo.frame));
            let read = readings.iter().any(|reading| reading.text == photo.text);
            (!read).then_some(photo.name)
        })
        .collect();
    let listed: Vec<&str> = UNREADABLE.iter().map(|(name, _)| *name).collect();
    assert_eq!(unread, listed);
}

#[test]
fn of_576_hard_frames_at_least_85_in_100_are_read() {
    let shots = survey(9);
    assert_eq!(shots.len(), 576);
    let mut ladder = patient();
    let read = shots.iter().filter(|shot| {
        let text = shot.text();
        let readings = ladder.thorough(&Arc::new(shot.frame()));
        readings.iter().any(|reading| reading.text == text)
    });
    let read = read.count();
    assert!(
        read * 100 >= shots.len() * 85,
        "only {read} of {} were read",
        shots.len()
    );
}
