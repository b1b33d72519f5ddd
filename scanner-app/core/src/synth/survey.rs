//! The frames by which the decoders are measured: each trouble at eight severities, nine times.

use super::{Trouble, WORST, code, random::Random};
use crate::frame::Frame;

/// One frame of the survey. It is made when asked for, so that a list of them costs nothing.
#[derive(Debug, Clone)]
pub struct Shot {
    /// What makes it hard.
    pub trouble: Trouble,
    /// How hard.
    pub severity: u8,
    /// Its number among its like.
    pub seed: u64,
}

impl Shot {
    /// The text in the code: digits as a ticket's, of the plain kind (200), every fourth of the
    /// holder-bound kind (442).
    pub fn text(&self) -> String {
        let length = if self.seed % 4 == 3 { 442 } else { 200 };
        let mut random = Random::new(self.seed ^ 0x7EC7 ^ (u64::from(self.severity) << 16));
        (0..length)
            .map(|_| char::from(b'0' + (random.next() % 10) as u8))
            .collect()
    }

    /// The frame.
    pub fn frame(&self) -> Frame {
        code(&self.text(), self.trouble, self.severity, self.seed)
    }
}

/// The shots with seeds below `seeds`: 64 for each seed.
pub fn survey(seeds: u64) -> Vec<Shot> {
    let troubles = Trouble::ALL
        .into_iter()
        .filter(|&trouble| trouble != Trouble::Clean);
    troubles
        .flat_map(|trouble| (1..=WORST).map(move |severity| (trouble, severity)))
        .flat_map(|(trouble, severity)| {
            (0..seeds).map(move |seed| Shot {
                trouble,
                severity,
                seed,
            })
        })
        .collect()
}
