//! Reproducible choices: the same seed gives the same sequence.

/// A small generator (SplitMix64); not for secrets.
#[derive(Debug, Clone)]
pub struct Rng(u64);

impl Rng {
    /// The sequence of `seed`.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A sequence of its own for the part `name` of what has this seed.
    #[must_use]
    pub fn of(seed: u64, name: &str) -> Self {
        // FNV-1a: the name's place in the sequence must not depend on the build.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        Self(seed ^ hash)
    }

    /// The next number.
    pub fn next_number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound` (0 for the bound 0).
    pub fn below(&mut self, bound: usize) -> usize {
        match bound {
            0 => 0,
            _ => usize::try_from(self.next_number() % bound as u64).unwrap_or(0),
        }
    }

    /// True in this many of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of them.
    ///
    /// # Panics
    /// When there is none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence_and_names_give_others() {
        let numbers = |mut rng: Rng| [rng.next_number(), rng.next_number()];
        assert_eq!(numbers(Rng::of(7, "a")), numbers(Rng::of(7, "a")));
        assert_ne!(numbers(Rng::of(7, "a")), numbers(Rng::of(7, "b")));
    }
}
