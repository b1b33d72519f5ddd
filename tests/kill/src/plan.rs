//! What happens in a round, decided by the seed alone. When exactly a program is hit
//! also depends on how fast it is just then, so the same seed gives the same plan,
//! not the same run.

use crate::places::Place;
use gateline_tests::seed::Rng;

/// Whom it hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Victim {
    /// The server.
    Backend,
    /// The gate in this slot.
    Gate(usize),
    /// The server and every gate at once.
    Everything,
}

/// The moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// This long after the round began.
    After(u64),
    /// So long after something got under way.
    At(Place, u64),
    /// Before the change of a file that comes so many changes after something got
    /// under way.
    AtWrite(Place, u32),
    /// Before the sync of a file that comes so many syncs after something got under
    /// way.
    AtSync(Place, u32),
}

/// What happens to what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Power {
    /// The power stays.
    Stays,
    /// All of it is lost.
    LosesAll,
    /// Some of it is lost.
    LosesSome,
}

/// How the victim starts again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// As always.
    Plain,
    /// Killed once more before the change of a file with this number.
    KilledAt(u32),
    /// Over a store of an older version, and killed so in its migration.
    MigrationKilledAt(u32),
}

/// One round.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Round {
    /// Whom it hits.
    pub victim: Victim,
    /// When.
    pub moment: Moment,
    /// What is lost with it.
    pub power: Power,
    /// And afterwards.
    pub start: Start,
    /// Gates whose line is cut in this round.
    pub cut_off: Vec<usize>,
    /// The gate of this slot retires, and a new one takes its place.
    pub new_gate: Option<usize>,
}

const OF_THE_BACKEND: &[Place] = &[
    Place::Placing,
    Place::Paying,
    Place::Paying,
    Place::Cancelling,
    Place::Refunding,
    Place::Changing,
    Place::Uploading,
    Place::Uploading,
    Place::Confirming,
    Place::SyncingList,
];
const OF_A_GATE: &[Place] = &[
    Place::Scanning,
    Place::Scanning,
    Place::Confirming,
    Place::Uploading,
    Place::SyncingList,
];

impl Round {
    /// Round `number` of the run with this seed, with so many gates.
    #[must_use]
    pub fn of(seed: u64, number: u64, gates: usize) -> Self {
        let mut rng = Rng::of(seed, &format!("round {number}"));
        let new_gate = rng.chance(8).then(|| rng.below(gates));
        let victim = match (rng.below(100), new_gate) {
            (0..=29, Some(gate)) => Victim::Gate(gate),
            (0..=54, _) => Victim::Backend,
            (55..=84, _) => Victim::Gate(rng.below(gates)),
            _ => Victim::Everything,
        };
        let places = match victim {
            Victim::Gate(_) => OF_A_GATE,
            Victim::Backend | Victim::Everything => OF_THE_BACKEND,
        };
        let place = match (new_gate, rng.below(10)) {
            (Some(_), 0..=4) => Place::Enrolling,
            (Some(_), 5..=8) => Place::SyncingList,
            _ => *rng.pick(places),
        };
        // One round of every five, whichever.
        let five = Rng::of(seed, &format!("power of five {}", number / 5)).below(5) as u64;
        let power = match (number % 5 == five, rng.chance(50)) {
            (true, true) => Power::LosesAll,
            (true, false) => Power::LosesSome,
            (false, _) => Power::Stays,
        };
        let moment = match rng.below(10) {
            // Between write and sync there is most to lose.
            1..=6 if power != Power::Stays => Moment::AtSync(place, 1 + rng.below(5) as u32),
            0 | 1 => Moment::After(rng.below(400) as u64),
            2..=4 => Moment::At(place, rng.below(12) as u64),
            _ => Moment::AtWrite(place, 1 + rng.below(40) as u32),
        };
        let start = match rng.below(20) {
            0 | 1 => Start::KilledAt(1 + rng.below(12) as u32),
            2 | 3 => Start::MigrationKilledAt(1 + rng.below(16) as u32),
            _ => Start::Plain,
        };
        let cut_off = (0..gates).filter(|_| rng.chance(15)).collect();
        Self {
            victim,
            moment,
            power,
            start,
            cut_off,
            new_gate,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_alone_decides_and_every_kind_has_its_turn() {
        let rounds = |seed| -> Vec<Round> { (0..200).map(|n| Round::of(seed, n, 3)).collect() };
        let first = rounds(7);
        assert_eq!(first, rounds(7));
        assert_ne!(first, rounds(8));
        let cuts = first.iter().filter(|it| it.power != Power::Stays).count();
        assert_eq!(cuts, 40, "a fifth of the rounds");
        let migrations = |it: &&Round| matches!(it.start, Start::MigrationKilledAt(_));
        assert!(first.iter().filter(migrations).count() > 8);
    }
}
