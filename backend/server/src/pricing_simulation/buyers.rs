//! Who wants tickets, minute by minute: three made-up sales, or a recorded one.

use super::MINUTE_MS;
use super::scenario::Scenario;
use anyhow::{Context as _, Result, bail};
use gateline_common::{Money, Timestamp};
use std::collections::BTreeMap;

/// Buyers of one sale.
#[derive(Debug, Clone)]
pub(super) enum Buyers {
    /// Drawn by chance at a pace, fewer the dearer it is.
    Drawn {
        pace: Pace,
        scenario: Box<Scenario>,
        chance: Chance,
    },
    /// As they came once, whatever the price.
    Recorded(BTreeMap<i64, u32>),
}

/// How demand runs over a sale, in times of the even pace.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// A rush at the beginning, and far more than enough after it.
    Fast,
    /// Half of what would be enough, all the time.
    Slow,
    /// Less than enough, and four short rushes.
    Spiky,
}

/// Where the rushes of [`Pace::Spiky`] begin, as shares of the sale.
const RUSHES: [f64; 4] = [0.0, 0.31, 0.56, 0.9];
/// How long one lasts.
const RUSH: f64 = 0.03;

impl Pace {
    /// At a share of the sale, 0 to 1.
    fn at(self, share: f64) -> f64 {
        match self {
            Self::Fast => 2.2 + 6.0 * (-share / 0.05).exp(),
            Self::Slow => 0.5,
            Self::Spiky => {
                let is_rush = |begin: &f64| (*begin..begin + RUSH).contains(&share);
                if RUSHES.iter().any(is_rush) {
                    5.5
                } else {
                    0.55
                }
            }
        }
    }
}

impl Buyers {
    pub(super) fn named(sales: &str, scenario: &Scenario) -> Result<Self> {
        let pace = match sales {
            "fast" => Pace::Fast,
            "slow" => Pace::Slow,
            "spiky" => Pace::Spiky,
            _ if sales.ends_with(".csv") => return recorded(sales),
            _ => bail!("sales `{sales}`: fast, slow, spiky, or a file that ends with .csv"),
        };
        Ok(Self::Drawn {
            pace,
            scenario: Box::new(scenario.clone()),
            chance: Chance(scenario.seed()),
        })
    }

    /// How many tickets somebody wants in the minute from `at` on.
    pub(super) fn wanted(&mut self, at: Timestamp, price: Money) -> u32 {
        let minute = at.0 / MINUTE_MS;
        match self {
            Self::Recorded(sales) => sales.get(&minute).copied().unwrap_or(0),
            Self::Drawn {
                pace,
                scenario,
                chance,
            } => {
                let minute = u32::try_from(minute).unwrap_or(u32::MAX);
                let share = f64::from(minute) / f64::from(scenario.minutes());
                let expected = pace.at(share) * scenario.even_pace() * scenario.share(price);
                chance.count(expected)
            }
        }
    }
}

/// Reads `minute,tickets` lines below a heading.
fn recorded(file: &str) -> Result<Buyers> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {file}"))?;
    let mut sales = BTreeMap::new();
    for (at, line) in text.lines().enumerate().skip(1) {
        if line.trim().is_empty() {
            continue;
        }
        let numbers = line.split_once(',').and_then(|(minute, tickets)| {
            Some((minute.trim().parse().ok()?, tickets.trim().parse().ok()?))
        });
        let (minute, tickets): (i64, u32) =
            numbers.with_context(|| format!("{file}, line {}: minute,tickets", at + 1))?;
        let sum: &mut u32 = sales.entry(minute).or_default();
        *sum = sum.saturating_add(tickets);
    }
    Ok(Buyers::Recorded(sales))
}

/// Repeatable chance (SplitMix64).
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    /// Between 0 and 1.
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((bits ^ (bits >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// How often something happens that is expected so often (Poisson, by
    /// Knuth's method, in parts that its products can hold).
    fn count(&mut self, mut expected: f64) -> u32 {
        let mut count = 0;
        while expected > 0.0 {
            let part = expected.min(30.0);
            expected -= part;
            let end = (-part).exp();
            let mut product = self.share();
            while product > end {
                count += 1;
                product *= self.share();
            }
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_repeats_itself_and_keeps_to_what_is_expected() {
        let drawn = |seed| {
            let mut chance = Chance(seed);
            (0..20_000).map(|_| chance.count(0.5)).sum::<u32>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert!((9_600..10_400).contains(&drawn(1)), "{}", drawn(1));
        assert!((990..1_010).contains(&(Chance(3).count(100_000.0) / 100)));
        assert_eq!(Chance(3).count(0.0), 0);
    }
}
