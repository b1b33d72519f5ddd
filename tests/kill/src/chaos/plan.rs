//! What is struck next, decided by the seed alone.

use gateline_tests::seed::Rng;
use gateline_tests::system::SERVICES;

/// What is struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Victim {
    /// One process of this service.
    One(&'static str),
    /// All processes of this service.
    All(&'static str),
    /// Every process of every service.
    Everything,
    /// The broker.
    Broker,
    /// The database.
    Database,
    /// The cache.
    Cache,
    /// Nobody: one more process of this service is added.
    Added(&'static str),
    /// One process of this service is asked to end, and does not come back.
    Removed(&'static str),
}

impl Victim {
    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::One(service) => format!("one process of {service}"),
            Self::All(service) => format!("all processes of {service}"),
            Self::Everything => "every process of every service".to_owned(),
            Self::Broker => "RabbitMQ".to_owned(),
            Self::Database => "MongoDB".to_owned(),
            Self::Cache => "Redis".to_owned(),
            Self::Added(service) => format!("{service}: one process more"),
            Self::Removed(service) => format!("{service}: one process less"),
        }
    }

    /// Is it killed, and started again?
    #[must_use]
    pub fn is_killed(self) -> bool {
        !matches!(self, Self::Added(_) | Self::Removed(_))
    }
}

/// One strike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Strike {
    /// Everybody works for so long before it, in milliseconds.
    pub after: u64,
    /// What is struck.
    pub victim: Victim,
    /// How long it stays down, in milliseconds.
    pub down: u64,
    /// What is struck while that is down.
    pub also: Option<Victim>,
}

impl Strike {
    /// Strike `number` of the run with this seed.
    #[must_use]
    pub fn of(seed: u64, number: u64) -> Self {
        let mut rng = Rng::of(seed, &format!("strike {number}"));
        let service = *rng.pick(SERVICES);
        let victim = match rng.below(100) {
            0..=44 => Victim::One(service),
            45..=54 => Victim::All(service),
            55..=58 => Victim::Everything,
            59..=68 => Victim::Broker,
            69..=78 => Victim::Database,
            79..=88 => Victim::Cache,
            89..=94 => Victim::Added(service),
            _ => Victim::Removed(service),
        };
        let other = *rng.pick(SERVICES);
        let also = match rng.below(10) {
            0 | 1 => Some(Victim::One(other)),
            2 => Some(Victim::Cache),
            _ => None,
        };
        Self {
            after: 200 + rng.below(2_500) as u64,
            victim,
            down: rng.below(3_000) as u64,
            also: also.filter(|also| *also != victim && victim.is_killed()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seed_alone_decides_and_everything_is_struck() {
        let strikes = |seed| -> Vec<Strike> { (0..400).map(|n| Strike::of(seed, n)).collect() };
        let first = strikes(3);
        assert_eq!(first, strikes(3));
        assert_ne!(first, strikes(4));
        for service in SERVICES {
            let hit = |it: &Strike| it.victim == Victim::One(service);
            assert!(first.iter().any(hit), "{service}");
        }
        for victim in [
            Victim::Broker,
            Victim::Database,
            Victim::Cache,
            Victim::Everything,
        ] {
            assert!(first.iter().any(|it| it.victim == victim), "{victim:?}");
        }
    }
}
